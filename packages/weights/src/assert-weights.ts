import { printable } from '@dmnn/foundation';
import { variableSpecs, type VariableSpec } from './variable-specs.js';
import type { NetworkData } from './network-data.js';
import { WeightsError } from './weights-error.js';
import type { Weights, Float32Tensor, WeightTensor } from './weights.js';

/**
 * Checks that weights fit their architecture: one float32 tensor of the right shape with finite numbers for every
 * variable, and no others. Creates no backend tensors; `createNetwork` and `Network.load` of `@dmnn/network` make the
 * same checks.
 *
 * @throws WeightsError listing every difference
 * @example
 * ```ts
 * import { createArchitecture } from '@dmnn/backbones';
 * import { WeightsError, assertWeights, variableSpecs } from '@dmnn/weights';
 *
 * const architecture = createArchitecture('cifar-resnet8');
 * try {
 *   assertWeights({ architecture, weights: new Map() });
 * } catch (error) {
 *   if (!(error instanceof WeightsError)) throw error;
 *   console.log(error.problems.length === variableSpecs(architecture).length); // => true
 * }
 * ```
 */
export function assertWeights({ architecture, weights }: NetworkData): void {
  fittingValues(architecture.name, variableSpecs(architecture), weights);
}

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

/**
 * Lists every difference between the expected and the given weights.
 *
 * @returns one line per difference; empty if the weights fit
 */
export function weightProblems(specs: readonly VariableSpec[], weights: Weights): string[] {
  const wanted = new Set(specs.map(({ name }) => name));
  const problems = missingOrWrong(specs, weights);
  for (const [name, tensor] of weights) {
    if (!wanted.has(name))
      problems.push(`${printable(name)}: unexpected, got ${tensor.dtype} ${print(tensor.shape)}`);
  }
  return problems;
}

/** Like {@link weightProblems}, but allows additional variables. */
export function missingOrWrong(specs: readonly VariableSpec[], weights: Weights): string[] {
  return specs.flatMap(({ name, shape }) => tensorProblem(name, shape, weights.get(name)) ?? []);
}

/**
 * Describes the problem with a variable, which must be float32, have the right shape, and have finite numbers.
 *
 * @returns `NAME: expected X, got Y`; `undefined` if the variable fits
 */
export function tensorProblem(
  name: string,
  shape: readonly number[],
  tensor: WeightTensor | undefined,
): string | undefined {
  if (!tensor) return `${name}: expected F32 ${print(shape)}, got nothing`;
  const same = shape.length === tensor.shape.length && shape.every((length, i) => length === tensor.shape[i]);
  if (!same || !isFloat32(tensor))
    return `${name}: expected F32 ${print(shape)}, got ${tensor.dtype} ${print(tensor.shape)}`;
  const size = shape.reduce((product, length) => product * length, 1);
  if (tensor.data.length !== size) return `${name}: expected ${size} numbers, got ${tensor.data.length}`;
  const at = tensor.data.findIndex((value) => !Number.isFinite(value));
  return at < 0
    ? undefined
    : `${name}: expected finite numbers, got ${tensor.data[at] as number} at index ${at}`;
}

/** Checks the array too, since callers without types may pass a different one. */
function isFloat32(tensor: WeightTensor): tensor is Float32Tensor {
  return tensor.dtype === 'F32' && (tensor.data as unknown) instanceof Float32Array;
}

function print(shape: readonly number[]): string {
  return `[${printable(shape.join(', '), 100)}]`; // a file may have a million dimensions
}
