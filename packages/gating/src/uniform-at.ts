import { philox4x32 } from '@dmnn/foundation';

/**
 * A uniform random number in the open interval (0, 1), as a pure function of a seed and up to four counters.
 *
 * Counter-based: there is no generator state, and numbers can be drawn in any order. Tuples of
 * different lengths are independent: `uniformAt(7, 1)` and `uniformAt(7, 1, 0)` are unrelated.
 *
 * @param seed - an integer in 0 … 2⁵³ − 1.
 * @param counters - up to four integers in 0 … 2³² − 1 that select the number.
 * @returns an odd multiple of 2⁻⁵³: never 0 or 1, so its logarithm and that of its complement are finite.
 * @throws RangeError if the seed or a counter is not an integer in its range, or if there are more than four counters.
 * @see {@link philox4x32}, the generator behind it.
 *
 * @example
 * ```ts
 * import { uniformAt } from '@dmnn/gating';
 *
 * console.log(uniformAt(7, 0) === uniformAt(7, 0), uniformAt(7, 0) === uniformAt(7, 1)); // => true false
 * ```
 */
export function uniformAt(seed: number, ...counters: number[]): number {
  assertSeed(seed);
  if (counters.length > 4) throw new RangeError(`counters: expected at most 4, got ${counters.length}`);
  counters.forEach((counter, i) => {
    assertCounter(`counters[${i}]`, counter);
  });
  const [c0 = 0, c1 = 0, c2 = 0, c3 = 0] = counters;
  return uniformOfWords(c0, c1, c2, c3, seed >>> 0, upperKey(seed, counters.length));
}

/** The second word of the Philox key: the seed's upper 21 bits and, above them, how many counters are meant. */
export function upperKey(seed: number, counterCount: number): number {
  return Math.floor(seed / 2 ** 32) + counterCount * 2 ** 21;
}

/** {@link uniformAt} without its checks, for loops that have already made them. */
export function uniformOfWords(
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  k0: number,
  k1: number,
): number {
  const [high, low] = philox4x32([c0, c1, c2, c3], [k0, k1]);
  // 52 bits and a half: exact in a double, symmetric about 1/2
  return (high * 2 ** 20 + (low >>> 12) + 0.5) * 2 ** -52;
}

/** @throws RangeError unless `seed` is an integer in 0 … 2⁵³ − 1. */
export function assertSeed(seed: number): void {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RangeError(`seed: expected an integer in 0 … 2^53 − 1, got ${seed}`);
  }
}

/** @throws RangeError unless `value` is an integer in 0 … `largest`. */
export function assertCounter(name: string, value: number, largest: number = 2 ** 32 - 1): void {
  if (!Number.isInteger(value) || value < 0 || value > largest) {
    throw new RangeError(`${name}: expected an integer in 0 … ${largest}, got ${value}`);
  }
}
