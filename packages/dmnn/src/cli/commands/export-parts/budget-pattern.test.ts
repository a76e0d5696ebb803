import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { filledPattern } from './budget-pattern.js';

describe('filledPattern', () => {
  it('opens by probability, and passes over what the rest of the budget does not pay for', () => {
    const probabilities = [
      [0.2, 0.9],
      [0.8, 0.7],
    ];
    const costs = {
      fixedMacs: 10,
      subBlockMacs: [
        [1, 4],
        [6, 2],
      ],
    };
    const opened = (macs: number) => filledPattern(probabilities, costs, macs);
    expect(opened(10)).toEqual([
      [false, false],
      [false, false],
    ]);
    // 0.9 costs 4, 0.8 would cost 6 more, 0.7 costs 2, 0.2 costs 1
    expect(opened(17)).toEqual([
      [true, true],
      [false, true],
    ]);
    expect(opened(23)).toEqual([
      [true, true],
      [true, true],
    ]);
  });

  it('never costs more than the budget, and leaves nothing closed that it still pays for', () => {
    const row = fc.array(
      fc.record({ probability: fc.double({ min: 0, max: 1, noNaN: true }), cost: fc.nat(50) }),
      {
        minLength: 1,
        maxLength: 4,
      },
    );
    fc.assert(
      fc.property(fc.array(row, { maxLength: 6 }), fc.nat(300), (rows, budget) => {
        const subBlockMacs = rows.map((each) => each.map(({ cost }) => cost));
        const probabilities = rows.map((each) => each.map(({ probability }) => probability));
        const gates = filledPattern(probabilities, { fixedMacs: 0, subBlockMacs }, budget);
        const places = rows.flatMap((each, l) => each.map(({ cost }, n) => ({ cost, open: gates[l]?.[n] })));
        const spent = places.reduce((sum, { cost, open }) => sum + (open === true ? cost : 0), 0);
        expect(spent).toBeLessThanOrEqual(budget);
        for (const { cost, open } of places) if (open !== true) expect(spent + cost).toBeGreaterThan(budget);
      }),
    );
  });
});
