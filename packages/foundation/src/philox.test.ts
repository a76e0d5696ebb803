import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { philox4x32 } from './philox.js';

type Words = [number, number, number, number];
const hex = (words: readonly number[]) => words.map((word) => word.toString(16).padStart(8, '0')).join(' ');

/** The published algorithm in integers of any size, where no product can be rounded. */
function exactPhilox(counter: Words, key: [number, number]): number[] {
  const [M0, M1, W0, W1, MASK] = [0xd2511f53n, 0xcd9e8d57n, 0x9e3779b9n, 0xbb67ae85n, 0xffffffffn];
  let [x0, x1, x2, x3] = counter.map(BigInt) as [bigint, bigint, bigint, bigint];
  let [k0, k1] = key.map(BigInt) as [bigint, bigint];
  for (let round = 0; round < 10; round++) {
    const [p0, p1] = [M0 * x0, M1 * x2];
    [x0, x1, x2, x3] = [(p1 >> 32n) ^ x1 ^ k0, p1 & MASK, (p0 >> 32n) ^ x3 ^ k1, p0 & MASK];
    [k0, k1] = [(k0 + W0) & MASK, (k1 + W1) & MASK];
  }
  return [x0, x1, x2, x3].map(Number);
}

describe('philox4x32', () => {
  // tests/kat_vectors of Random123 1.14.0, lines "philox4x32 10": counter, key, words
  it.each([
    ['00000000 00000000 00000000 00000000', '00000000 00000000', '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
    ['ffffffff ffffffff ffffffff ffffffff', 'ffffffff ffffffff', '408f276d 41c83b0e a20bc7c6 6d5451fd'],
    ['243f6a88 85a308d3 13198a2e 03707344', 'a4093822 299f31d0', 'd16cfe09 94fdcceb 5001e420 24126ea1'],
  ])('gives the known answer for %s', (counter, key, words) => {
    const parse = (text: string) => text.split(' ').map((word) => parseInt(word, 16));
    expect(hex(philox4x32(parse(counter) as Words, parse(key) as [number, number]))).toBe(words);
  });

  it('never rounds a product', () => {
    const word = fc.oneof(
      fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      fc.constantFrom(0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1),
    );
    fc.assert(
      fc.property(fc.tuple(word, word, word, word), fc.tuple(word, word), (counter, key) => {
        expect(philox4x32(counter, key)).toEqual(exactPhilox(counter, key));
      }),
      { numRuns: 500 },
    );
  });
});
