import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { meanOverSeeds } from './mean-over-seeds.js';

describe('meanOverSeeds', () => {
  it('is the mean and t · s / √n', () => {
    // by hand: s² = 0.102330, t(0.975, 4) = 2.776445
    const five = meanOverSeeds([-1.31, -0.92, -1.74, -1.05, -1.4]);
    expect(five.mean).toBeCloseTo(-1.284, 12);
    expect(five.interval[0]).toBeCloseTo(-1.681197, 4);
    expect(five.interval[1]).toBeCloseTo(-0.886803, 4);
    expect(five.seeds).toBe(5);
  });

  it('meets the quantiles beyond its table', () => {
    // sem of n values ±1 in turn; t.ppf(0.975, 39) = 2.022691, t.ppf(0.975, 99) = 1.984217
    for (const [count, quantile] of [
      [40, 2.022691],
      [100, 1.984217],
    ] as const) {
      const values = Array.from({ length: count }, (_, i) => (i % 2 === 0 ? 1 : -1));
      const sem = Math.sqrt(count / (count - 1) / count);
      expect(meanOverSeeds(values).halfWidth / sem).toBeCloseTo(quantile, 4);
    }
  });

  it('moves and scales with its values, and is no wider with each of them twice', () => {
    const several = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 2, maxLength: 40 });
    fc.assert(
      fc.property(several, fc.integer({ min: -50, max: 50 }), (values, shift) => {
        const { mean, halfWidth } = meanOverSeeds(values);
        const moved = meanOverSeeds(values.map((each) => 2 * each + shift));
        expect(moved.mean).toBeCloseTo(2 * mean + shift, 8);
        expect(moved.halfWidth).toBeCloseTo(2 * halfWidth, 8);
        expect(meanOverSeeds([...values, ...values]).halfWidth).toBeLessThanOrEqual(halfWidth + 1e-12);
      }),
    );
  });

  it('refuses one seed, and what is no number', () => {
    expect(() => meanOverSeeds([1])).toThrow(
      'values: expected at least two seeds, since one has no interval, got 1',
    );
    expect(() => meanOverSeeds([1, NaN])).toThrow('values: expected finite numbers, got NaN');
  });
});
