import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openingInTurn } from './opening-in-turn.js';

const some = expect.closeTo(0.2, 12) as number;

describe('openingInTurn', () => {
  it('opens first sub-blocks of all blocks, then second ones, spread evenly', () => {
    expect(openingInTurn(0.6, [2, 2])).toEqual([
      [0.99, some],
      [0.99, some],
    ]);
    expect(openingInTurn(0.8, [2, 2, 2, 2, 2, 2])).toEqual(
      [true, false, true, false, true, false].map((both) => [0.99, both ? 0.99 : some]),
    );
    expect(openingInTurn(0.4, [2, 2, 2, 2, 2, 2])).toEqual(
      [true, false, true, false, true, false].map((first) => [first ? 0.99 : some, some]),
    );
    expect(openingInTurn(0.6, [1, 1, 1, 1])).toEqual([[0.99], [some], [0.99], [some]]);
    expect(openingInTurn(0.6, [4, 4])).toEqual([
      [0.99, 0.99, some, some],
      [0.99, 0.99, some, some],
    ]);
  });

  it('opens all equally if the rate leaves no choice', () => {
    expect(openingInTurn(0.15, [2, 1])).toEqual([
      [expect.closeTo(0.15, 12), expect.closeTo(0.15, 12)],
      [expect.closeTo(0.15, 12)],
    ]);
    expect(openingInTurn(0.6, [1])).toEqual([[0.6]]);
    expect(openingInTurn(1, [3, 1])).toEqual([[0.99, 0.99, 0.99], [0.99]]);
    expect(openingInTurn(0, [2])).toEqual([[0.01, 0.01]]);
    expect(openingInTurn(0.5, [])).toEqual([]);
  });

  it('has the wanted mean to within 0.01, one rate at most besides 0.99, and does not rise in a block', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 20 }),
        (rate, subBlocks) => {
          const rates = openingInTurn(rate, subBlocks);
          expect(rates.map(({ length }) => length)).toEqual(subBlocks);
          const all = rates.flat();
          const mean = all.reduce((sum, each) => sum + each, 0) / all.length;
          expect(Math.abs(mean - rate)).toBeLessThanOrEqual(0.01 + 1e-9);
          const others = new Set(all.filter((each) => each !== 0.99));
          expect(others.size).toBeLessThanOrEqual(1);
          if (rate >= 0.2) for (const each of others) expect(each).toBeGreaterThanOrEqual(0.2 - 1e-7);
          for (const block of rates)
            for (const [n, each] of block.entries())
              if (n > 0) expect(each).toBeLessThanOrEqual(block[n - 1]!);
        },
      ),
    );
  });

  it('rejects invalid rates and numbers of sub-blocks', () => {
    for (const rate of [-0.1, 1.1, NaN])
      expect(() => openingInTurn(rate, [2])).toThrow(`rate: expected a number from 0 to 1, got ${rate}`);
    for (const n of [0, 1.5, NaN])
      expect(() => openingInTurn(0.5, [2, n])).toThrow(`subBlocks: expected integers >= 1, got ${n}`);
  });
});
