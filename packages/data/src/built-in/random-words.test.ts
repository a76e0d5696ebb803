import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assertSeed, randomWord } from './random-words.js';

/** Σ (observed − expected)² / expected over 64 buckets; 63 degrees of freedom: mean 63, deviation 11.2. */
function chiSquare(words: readonly number[]): number {
  const buckets = new Array<number>(64).fill(0);
  for (const word of words) buckets[word >>> 26]!++;
  const expected = words.length / 64;
  return buckets.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

describe('randomWord', () => {
  it('is a function of its arguments, and of each of them', () => {
    fc.assert(
      fc.property(
        fc.maxSafeInteger(),
        fc.nat(),
        fc.nat(),
        fc.integer({ min: 0, max: 2 }),
        (seed, a, b, which) => {
          const word = randomWord(seed, a, b);
          expect(word).toBe(randomWord(seed, a, b));
          expect(Number.isInteger(word) && word >= 0 && word < 2 ** 32).toBe(true);
          const other = [
            () => randomWord(seed === 0 ? 1 : -seed, a, b),
            () => randomWord(seed, a + 1, b),
            () => randomWord(seed, a, b + 1),
          ][which]!();
          expect(other).not.toBe(word); // by chance once in 4 · 10⁹
        },
      ),
    );
  });

  // below 130 (6 deviations) by chance but once in 10⁶
  it.each([
    ['the last counter', (n: number) => randomWord(0, 1, n)],
    ['the first counter', (n: number) => randomWord(0, n, 1)],
    ['the seed', (n: number) => randomWord(n, 0, 0)],
    ['the high half of the seed', (n: number) => randomWord(n * 2 ** 32, 0, 0)],
  ])('is uniform as %s counts up', (_, at) => {
    expect(chiSquare(Array.from({ length: 20_000 }, (_, n) => at(n)))).toBeLessThan(130);
  });

  it('flips half the bits when one bit of a counter flips', () => {
    let flipped = 0;
    for (let n = 0; n < 1000; n++) {
      let difference = (randomWord(3, 1, n) ^ randomWord(3, 1, n ^ (1 << (n % 20)))) >>> 0;
      for (; difference; difference >>>= 1) flipped += difference & 1;
    }
    // 32,000 coin tosses: deviation 89
    expect(Math.abs(flipped - 16_000)).toBeLessThan(540);
  });
});

describe('assertSeed', () => {
  it.each([Number.NaN, 0.5, 2 ** 53, Infinity])('refuses %d', (seed) => {
    expect(() => {
      assertSeed(seed);
    }).toThrow(`seed: expected a safe integer, got ${seed}`);
  });
});
