import type { VariableSpec } from './variable-specs.js';
import { weightProblems } from './weight-problems.js';
import { WeightsError } from './weights-error.js';
import type { Weights } from './weights.js';

/**
 * Looks weights up by name, all of which were checked first.
 *
 * @returns a function that gives a copy of a tensor's numbers
 * @throws WeightsError with every difference
 */
export function fittingValues(
  what: string,
  specs: readonly VariableSpec[],
  weights: Weights,
): (name: string) => Float32Array {
  const problems = weightProblems(specs, weights);
  if (problems.length > 0) throw new WeightsError(`weights: not those of ${what}`, problems);
  // a copy, for a backend may keep the array itself
  return (name) => (weights.get(name)?.data as Float32Array).slice();
}
