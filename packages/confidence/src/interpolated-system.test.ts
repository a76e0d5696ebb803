import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { interpolatedSystem } from './interpolated-system.js';

const systems = fc.array(
  fc.record({
    wrong: fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 6, maxLength: 6 }),
    meanCost: fc.integer({ min: 1, max: 20 }),
  }),
  { minLength: 1, maxLength: 5 },
);
const errorOf = (wrong: readonly number[]): number => (100 * wrong.reduce((a, b) => a + b, 0)) / wrong.length;

describe('interpolatedSystem', () => {
  it('costs what is asked, between the neighbours in cost', () => {
    fc.assert(
      fc.property(systems, fc.double({ min: 1, max: 25, noNaN: true }), (all, cost) => {
        const found = interpolatedSystem(all, cost);
        const cheaper = all.filter(({ meanCost }) => meanCost <= cost);
        if (cheaper.length === 0) {
          expect(found).toBeUndefined();
          return;
        }
        const highest = Math.max(...all.map(({ meanCost }) => meanCost));
        expect(found!.meanCost).toBeCloseTo(Math.min(cost, highest), 9);
        const errors = found!.mix.map(({ system }) => errorOf(all[system]!.wrong));
        expect(found!.errorPercent).toBeGreaterThanOrEqual(Math.min(...errors) - 1e-9);
        expect(found!.errorPercent).toBeLessThanOrEqual(Math.max(...errors) + 1e-9);
        // no system stands between the two
        const costs = found!.mix.map(({ system }) => all[system]!.meanCost);
        for (const { meanCost } of all)
          expect(meanCost > Math.min(...costs) && meanCost < Math.max(...costs)).toBe(false);
      }),
    );
  });

  it('is a system itself at its own cost, the better one of two that cost the same', () => {
    const two = [
      { wrong: [1, 1, 0], meanCost: 5 },
      { wrong: [0, 1, 0], meanCost: 5 },
      { wrong: [0, 0, 0], meanCost: 9 },
    ];
    expect(interpolatedSystem(two, 5)).toEqual({
      wrong: Float64Array.of(0, 1, 0),
      errorPercent: expect.closeTo(100 / 3, 9) as number,
      meanCost: 5,
      mix: [{ system: 1, share: 1 }],
    });
  });

  it('refuses no systems, and other images', () => {
    expect(() => interpolatedSystem([], 1)).toThrow('systems: expected at least one, got none');
    expect(() =>
      interpolatedSystem(
        [
          { wrong: [1], meanCost: 1 },
          { wrong: [1, 0], meanCost: 2 },
        ],
        1,
      ),
    ).toThrow('systems[1].wrong: expected one for each of 1 images, at least one, got 2');
  });
});
