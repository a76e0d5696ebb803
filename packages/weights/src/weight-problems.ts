import { printable } from '@dmnn/foundation';
import type { VariableSpec } from './variable-specs.js';
import type { WeightTensor, Weights } from './weights.js';

/**
 * Every difference between the weights that are wanted and those that came.
 *
 * @returns one line each; empty if they fit
 */
export function weightProblems(specs: readonly VariableSpec[], weights: Weights): string[] {
  const wanted = new Set(specs.map(({ name }) => name));
  const problems = specs.flatMap((spec) => {
    const tensor = weights.get(spec.name);
    if (!tensor) return [`${spec.name}: expected F32 ${print(spec.shape)}, got nothing`];
    return tensorProblems(spec, tensor);
  });
  for (const [name, tensor] of weights) {
    if (!wanted.has(name))
      problems.push(`${printable(name)}: unexpected, got ${tensor.dtype} ${print(tensor.shape)}`);
  }
  return problems;
}

function tensorProblems(spec: VariableSpec, tensor: WeightTensor): string[] {
  const { name, shape } = spec;
  const same = shape.length === tensor.shape.length && shape.every((length, i) => length === tensor.shape[i]);
  if (tensor.dtype !== 'F32' || !same) {
    return [`${name}: expected F32 ${print(shape)}, got ${tensor.dtype} ${print(tensor.shape)}`];
  }
  const size = shape.reduce((product, length) => product * length, 1);
  if (tensor.data.length !== size) return [`${name}: expected ${size} numbers, got ${tensor.data.length}`];
  const at = tensor.data.findIndex((value) => !Number.isFinite(value));
  return at < 0 ? [] : [`${name}: expected finite numbers, got ${tensor.data[at] as number} at index ${at}`];
}

function print(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}
