import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { magnitudeRange } from './magnitude-range.js';

/** Counts as the core makes them. */
function counted(numbers: readonly number[]): Float64Array {
  const counts = new Float64Array(1 << 15);
  for (const bits of new Uint32Array(Float32Array.from(numbers).buffer)) {
    const magnitude = (bits & 0x7fffffff) >>> 16;
    counts[magnitude] = (counts[magnitude] as number) + 1;
  }
  return counts;
}

it('is the magnitude that a share of the numbers do not exceed, to within 1/128 of it', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.float({ noNaN: true, noDefaultInfinity: true, min: Math.fround(-1e30), max: Math.fround(1e30) }),
        {
          minLength: 1,
          maxLength: 300,
        },
      ),
      fc.constantFrom(0.5, 0.9, 0.99, 1),
      (numbers, share) => {
        const sorted = numbers.map(Math.abs).sort((a, b) => a - b);
        const exact = sorted[Math.ceil(share * sorted.length) - 1] as number;
        const range = magnitudeRange(counted(numbers), share);
        if (exact < 2 ** -120) return; // where halves of floats are coarser
        expect(range).toBeGreaterThanOrEqual(exact);
        expect(range).toBeLessThanOrEqual(exact * (1 + 1 / 128) + 1e-36);
      },
    ),
  );
});

it('leaves out the few that are far larger', () => {
  const numbers = [...new Array<number>(9999).fill(1), 1000];
  expect(magnitudeRange(counted(numbers), 0.9999)).toBeCloseTo(1, 1);
  expect(magnitudeRange(counted(numbers), 1)).toBeGreaterThan(1000);
});

it('is 0 for zeros and for nothing, infinite for what is not finite', () => {
  expect(magnitudeRange(counted([0, -0]), 1)).toBe(0);
  expect(magnitudeRange(counted([]), 1)).toBe(0);
  expect(magnitudeRange(counted([1, NaN]), 1)).toBe(Infinity);
  expect(magnitudeRange(counted([1, -Infinity]), 1)).toBe(Infinity);
});
