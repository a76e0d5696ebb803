import { assertSeed, randomWord, stream } from '../built-in/random-words.js';

/**
 * The order in which an epoch visits a data set: a permutation of 0…size − 1 that depends only on the seed and the
 * epoch, so training can resume at any step of any epoch.
 *
 * @param size - number of images.
 * @param at - the run's seed and the epoch's number, both integers; `epoch` ≥ 0.
 * @throws RangeError if an argument is not an integer or out of range.
 * @see Fisher and Yates' shuffle (Knuth, TAOCP vol. 2, algorithm P).
 * @example
 * ```ts
 * import { epochOrder } from '@dmnn/data/internal';
 *
 * const first = epochOrder(5, { seed: 1, epoch: 0 });
 * console.log([...first].sort().join()); // => 0,1,2,3,4
 * ```
 */
export function epochOrder(size: number, at: { readonly seed: number; readonly epoch: number }): Uint32Array {
  const { seed, epoch } = at;
  if (!Number.isInteger(size) || size < 0) throw new RangeError(`size: expected an integer ≥ 0, got ${size}`);
  if (!Number.isInteger(epoch) || epoch < 0)
    throw new RangeError(`epoch: expected an integer ≥ 0, got ${epoch}`);
  assertSeed(seed);
  const order = Uint32Array.from({ length: size }, (_, index) => index);
  for (let last = size - 1; last > 0; last--) {
    // a 32-bit word times a range below 2²¹ is exact in a double; the bias is below range / 2³²
    const other = Math.floor((randomWord(seed, stream.order, epoch, last) * (last + 1)) / 2 ** 32);
    const kept = order[last] as number;
    order[last] = order[other] as number;
    order[other] = kept;
  }
  return order;
}
