import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openingInTurn } from './opening-in-turn.js';

describe('openingInTurn', () => {
  it('opens one sub-block after the other', () => {
    expect(openingInTurn(0.8, 2)).toEqual([0.99, expect.closeTo(0.6, 12)]);
    expect(openingInTurn(0.4, 2)).toEqual([expect.closeTo(0.8, 12), 0.01]);
    expect(openingInTurn(0.6, 1)).toEqual([0.6]);
    expect(openingInTurn(1, 3)).toEqual([0.99, 0.99, 0.99]);
    expect(openingInTurn(0, 3)).toEqual([0.01, 0.01, 0.01]);
  });

  it('has the wanted mean to within 0.01, and does not rise', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 12 }),
        (rate, subBlocks) => {
          const rates = openingInTurn(rate, subBlocks);
          expect(rates).toHaveLength(subBlocks);
          const mean = rates.reduce((sum, each) => sum + each, 0) / subBlocks;
          expect(Math.abs(mean - rate)).toBeLessThanOrEqual(0.01 + 1e-9);
          for (const [n, each] of rates.entries()) {
            expect(each > 0 && each < 1).toBe(true);
            if (n > 0) expect(each).toBeLessThanOrEqual(rates[n - 1]!);
          }
        },
      ),
    );
  });

  it('refuses what is no rate, and no number of sub-blocks', () => {
    for (const rate of [-0.1, 1.1, NaN])
      expect(() => openingInTurn(rate, 2)).toThrow(`rate: expected a number from 0 to 1, got ${rate}`);
    for (const n of [0, 1.5, NaN])
      expect(() => openingInTurn(0.5, n)).toThrow(`subBlocks: expected an integer >= 1, got ${n}`);
  });
});
