import fc from 'fast-check';
import { expect, it } from 'vitest';
import { blockDeviation, halfInterval, mean, pooledDeviation } from './seed-statistics.mjs';

it('pools what values differ from the means of their systems', () => {
  // squares 2 and 2 and 8, with 1 and 2 and 1 degrees of freedom
  const { deviation, freedom } = pooledDeviation([[[1, 3]], [[5, 6, 7]], [[0, 4]], [[9]]]);
  expect(freedom).toBe(4);
  expect(deviation).toBeCloseTo(Math.sqrt(12 / 4), 12);
});

it('counts systems that are good or bad together as one', () => {
  expect(pooledDeviation([[[1, 3], [2, 4], [11]]])).toEqual(pooledDeviation([[[1, 3]]]));
  expect(pooledDeviation([[], [[1]]])).toEqual({ deviation: NaN, freedom: 0 });
});

it('is what is left of a table without the means of its rows and columns', () => {
  // means 1.5 and 4.5, 2 and 4, 3 in all: every residual is 0.5 or −0.5
  expect(blockDeviation([[1, 2], [3, 6]])).toEqual({ deviation: 1, freedom: 1 }); // prettier-ignore
  expect(blockDeviation([[1, 2]])).toEqual({ deviation: NaN, freedom: 0 });
  expect(blockDeviation([])).toEqual({ deviation: NaN, freedom: 0 });
});

it('does not see that all are better with one seed, or one with all', () => {
  const numbers = fc.array(fc.double({ min: -9, max: 9, noNaN: true }), { minLength: 3, maxLength: 3 });
  fc.assert(
    fc.property(
      fc.array(numbers, { minLength: 2, maxLength: 5 }),
      numbers,
      fc.double({ min: -9, max: 9, noNaN: true }),
      (table, bySeed, ofFirst) => {
        const moved = table.map((values, i) =>
          values.map((value, seed) => value + bySeed[seed] + (i === 0 ? ofFirst : 0)),
        );
        expect(blockDeviation(moved).deviation).toBeCloseTo(blockDeviation(table).deviation, 6);
      },
    ),
  );
});

it('gives intervals by the tables of Student’s t', () => {
  expect(halfInterval({ deviation: 1, freedom: 2 }, 1)).toBeCloseTo(4.3027, 4);
  expect(halfInterval({ deviation: 0.5, freedom: 8 }, 2 / 3)).toBeCloseTo(2.306 * 0.5 * Math.sqrt(2 / 3), 4);
  expect(halfInterval({ deviation: NaN, freedom: 0 }, 1)).toBe(Infinity);
});

it('has a mean', () => {
  expect(mean([1, 2, 6])).toBe(3);
});
