import type { VariableSpec } from './variable-specs.js';
import { weightProblems } from './weight-problems.js';
import { WeightsError } from './weights-error.js';
import type { Weights } from './weights.js';

/**
 * Checks all weights, then looks them up by name.
 *
 * @returns a function that returns a copy of a tensor's numbers
 * @throws WeightsError listing every difference
 */
export function fittingValues(
  what: string,
  specs: readonly VariableSpec[],
  weights: Weights,
): (name: string) => Float32Array {
  const problems = weightProblems(specs, weights);
  if (problems.length > 0) throw new WeightsError(`weights: not those of ${what}`, problems);
  // a copy, since a backend may keep the array itself
  return (name) => (weights.get(name)?.data as Float32Array).slice();
}
