import type { Architecture } from '@dmnn/architecture';
import type { WeightTensor, Weights } from './weights.js';
import { variableSpecs } from './variable-specs.js';

/**
 * The weights that a narrow width of a slimmable network takes from the widest one: the first entries of each variable
 * along every axis, including batch norms. In a slimmable network each width has separate batch norms, see
 * {@link narrowWeights}.
 *
 * @param weights - weights of the widest network, by name
 * @param narrow - architecture of the narrow network
 * @returns a copied tensor for each variable of the narrow network
 * @throws RangeError if a variable is missing or smaller than in the narrow network
 */
export function slicedWeights(weights: Weights, narrow: Architecture): Map<string, WeightTensor> {
  return new Map(
    variableSpecs(narrow).map(({ name, shape }) => {
      const full = weights.get(name);
      if (full?.dtype !== 'F32' || !fits(shape, full.shape)) {
        throw new RangeError(
          `weights: expected ${name} of at least [${shape.join(', ')}] for ${narrow.name}, got ${
            full ? `${full.dtype} [${full.shape.join(', ')}]` : 'nothing'
          }.`,
        );
      }
      return [name, { dtype: 'F32', shape, data: firstEntries(full.data, full.shape, shape) }];
    }),
  );
}

/**
 * All weights of a narrow network: slices of the widest network's weights, and its own batch norms.
 *
 * @param own - batch norms of the narrow network, by their names in it
 */
export function narrowWeights(
  weights: Weights,
  narrow: Architecture,
  own: Weights,
): Map<string, WeightTensor> {
  const sliced = slicedWeights(weights, narrow);
  for (const { name, role } of variableSpecs(narrow)) {
    if (!isOwn(role)) continue;
    const tensor = own.get(name);
    if (!tensor) throw new RangeError(`own: expected the batch norm ${name} of ${narrow.name}, got nothing.`);
    sliced.set(name, tensor);
  }
  return sliced;
}

/** Whether variables of this role belong to a single width, as those of batch norms do. */
export function isOwn(role: string): boolean {
  return role === 'gamma' || role === 'beta' || role === 'moving-mean' || role === 'moving-variance';
}

/** Whether a variable of shape `narrow` can be sliced from one of shape `full`. */
export function fits(narrow: readonly number[], full: readonly number[]): boolean {
  return narrow.length === full.length && narrow.every((size, axis) => size <= (full[axis] as number));
}

/** The corner of a row-major array: the first entries along every axis. */
function firstEntries(data: Float32Array, from: readonly number[], to: readonly number[]): Float32Array {
  const result = new Float32Array(to.reduce((product, size) => product * size, 1));
  const rowLength = to.at(-1) as number;
  const rows = result.length / rowLength;
  for (let row = 0; row < rows; row++) {
    let [rest, offset, stride] = [row, 0, from.at(-1) as number];
    for (let axis = to.length - 2; axis >= 0; axis--) {
      const size = to[axis] as number;
      offset += (rest % size) * stride;
      rest = Math.floor(rest / size);
      stride *= from[axis] as number;
    }
    result.set(data.subarray(offset, offset + rowLength), row * rowLength);
  }
  return result;
}
