import type { Architecture } from '@dmnn/architecture';
import type { WeightTensor, Weights } from './weights.js';
import { variableSpecs } from './variable-specs.js';

/**
 * What a narrow network of a slimmable one takes of the widest one's weights: of each variable the first entries along
 * every axis, batch norms included. A slimmable network's batch norms are its widths' own, see {@link narrowWeights}.
 *
 * @param weights - of the widest network, by name
 * @param narrow - the network whose variables are wanted
 * @returns a tensor for each of its variables, copied
 * @throws RangeError if a variable is missing or smaller than the narrow one
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
 * All weights of a narrow network: slices of the widest one's, and batch norms of its own.
 *
 * @param own - its batch norms by its own names
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

/** Whether a variable of this role belongs to one width alone: those of batch norms. */
export function isOwn(role: string): boolean {
  return role === 'gamma' || role === 'beta' || role === 'moving-mean' || role === 'moving-variance';
}

/** Whether a variable of a shape can be cut out of another. */
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
