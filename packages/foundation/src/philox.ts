import { assertList } from './argument-checks.js';

/**
 * Philox4x32-10: 128 random bits as a pure function of a counter and a key.
 *
 * No state: equal arguments give equal words on every machine, so any element of a random sequence can be computed
 * alone and in any order.
 *
 * @param counter - four unsigned 32-bit integers; each counter gives four different words.
 * @param key - two unsigned 32-bit integers; each key gives a different sequence.
 * @returns four unsigned 32-bit integers.
 * @see Salmon, Moraes, Dror & Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011, §3.3 and Table 2.
 *
 * @example
 * ```ts
 * import { philox4x32 } from '@dmnn/foundation';
 *
 * const words = philox4x32([0, 0, 0, 0], [0, 0]);
 * console.log(words.map((word) => word.toString(16)).join(' ')); // => 6627e8d5 e169c58d bc57ac4c 9b00dbd8
 * ```
 */
export function philox4x32(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
): [number, number, number, number] {
  assertList('counter', counter, 'four integers');
  assertList('key', key, 'two integers');
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < ROUNDS; round++) {
    const low0 = Math.imul(c0, MULTIPLIER_0) >>> 0;
    const low2 = Math.imul(c2, MULTIPLIER_1) >>> 0;
    const high0 = highWord(c0, MULTIPLIER_0, low0);
    const high2 = highWord(c2, MULTIPLIER_1, low2);
    c0 = (high2 ^ c1 ^ k0) >>> 0;
    c1 = low2;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0;
    k0 = (k0 + WEYL_0) >>> 0;
    k1 = (k1 + WEYL_1) >>> 0;
  }
  return [c0, c1, c2, c3];
}

const ROUNDS = 10;
const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9; // the golden ratio's fraction
const WEYL_1 = 0xbb67ae85; // the fraction of the square root of 3

/** The upper 32 bits of a product of two unsigned 32-bit integers whose lower 32 bits are known. */
function highWord(a: number, b: number, low: number): number {
  // a double rounds the product by at most 2^10, which is far less than half of 2^32: rounding gives the exact word
  return Math.round((a * b - low) / 2 ** 32);
}
