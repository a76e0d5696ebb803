import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { philox4x32 } from '@dmnn/foundation';
import { uniformAt } from './uniform-at.js';

const seeds = fc.maxSafeNat();
const counters = fc.array(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { maxLength: 4 });

describe('uniformAt', () => {
  it('is an odd multiple of 2^-53, so inside (0, 1) and exact', () => {
    fc.assert(
      fc.property(seeds, counters, (seed, at) => {
        const u = uniformAt(seed, ...at);
        expect(u > 0 && u < 1).toBe(true);
        expect(Math.abs((u * 2 ** 53) % 2)).toBe(1);
      }),
    );
  });

  it('takes the upper 52 bits of the Philox words of a key made of seed and number of counters', () => {
    fc.assert(
      fc.property(seeds, counters, (seed, at) => {
        const [c0 = 0, c1 = 0, c2 = 0, c3 = 0] = at;
        const key = (BigInt(at.length) << 53n) | BigInt(seed);
        const words = philox4x32([c0, c1, c2, c3], [Number(key & 0xffffffffn), Number(key >> 32n)]);
        const bits = ((BigInt(words[0]) << 32n) | BigInt(words[1])) >> 12n;
        expect(uniformAt(seed, ...at)).toBe(Number(2n * bits + 1n) / 2 ** 53);
      }),
    );
  });

  it('does not change between releases, or runs could not be repeated', () => {
    expect(uniformAt(7, 1, 2, 3, 4)).toBe(0.5669579150128635); // the same from the algorithm in Python's integers
  });

  it('gives a different number for every seed, counter and number of counters', () => {
    const values = [
      uniformAt(7),
      uniformAt(8),
      uniformAt(7 + 2 ** 32), // the upper bits of a seed count
      uniformAt(7, 0),
      uniformAt(7, 0, 0),
      uniformAt(7, 0, 0, 0),
      uniformAt(7, 0, 0, 0, 0),
      uniformAt(7, 1, 0, 0, 0),
      uniformAt(7, 0, 1, 0, 0),
      uniformAt(7, 0, 0, 1, 0),
      uniformAt(7, 0, 0, 0, 1),
    ];
    expect(new Set(values).size).toBe(values.length);
  });

  it('is uniform: 256 cells, 51,200 consecutive counters', () => {
    const cells = new Float64Array(256);
    for (let i = 0; i < 51_200; i++) cells[Math.floor(uniformAt(1, i) * 256)]!++;
    const chiSquare = cells.reduce((sum, count) => sum + (count - 200) ** 2 / 200, 0);
    // 255 degrees of freedom: mean 255, deviation sqrt(510) = 22.6; within four of them
    expect(Math.abs(chiSquare - 255)).toBeLessThan(4 * 22.6);
  });

  it.each([
    [() => uniformAt(NaN), 'seed: expected an integer in 0 … 2^53 − 1, got NaN'],
    [() => uniformAt(-1), 'seed'],
    [() => uniformAt(0.5), 'seed'],
    [() => uniformAt(2 ** 53), 'seed'],
    [() => uniformAt(1, NaN), 'counters[0]: expected an integer in 0 … 4294967295, got NaN'],
    [() => uniformAt(1, 0, 2 ** 32), 'counters[1]'],
    [() => uniformAt(1, -1), 'counters[0]'],
    [() => uniformAt(1, 0, 0, 0, 0, 0), 'counters: expected at most 4, got 5'],
  ])('refuses what is not a counter: %s', (call, message) => {
    expect(call).toThrow(RangeError);
    expect(call).toThrow(message);
  });
});
