import { highestCost, meanCost } from '@dmnn/flops';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { patternText, patternsNear } from './patterns-near.js';

const problem = fc
  .array(
    fc.array(fc.record({ cost: fc.integer({ min: 1, max: 50 }), score: fc.double({ noNaN: true }) }), {
      minLength: 1,
      maxLength: 3,
    }),
    { minLength: 1, maxLength: 4 },
  )
  .chain((blocks) => {
    const costs = { alwaysCost: 7, subBlockCosts: blocks.map((row) => row.map(({ cost }) => cost)) };
    return fc.record({
      costs: fc.constant(costs),
      scores: fc.constant(blocks.map((row) => row.map(({ score }) => score))),
      cost: fc.double({ min: 7, max: 1.2 * highestCost(costs), noNaN: true }),
    });
  });

describe('patternsNear', () => {
  it('costs no more than asked, and nothing that is closed could be opened', () => {
    fc.assert(
      fc.property(problem, ({ costs, scores, cost }) => {
        const { below } = patternsNear(scores, costs, cost);
        const reached = meanCost(costs, below);
        expect(reached).toBeLessThanOrEqual(cost * (1 + 1e-9));
        for (const [l, row] of below.entries())
          for (const [n, open] of row.entries())
            if (!open) expect(reached + costs.subBlockCosts[l]![n]!).toBeGreaterThan(cost);
      }),
    );
  });

  it('costs as much as asked where a share of the images runs under the larger pattern', () => {
    fc.assert(
      fc.property(problem, ({ costs, scores, cost }) => {
        const { below, above, shareAbove } = patternsNear(scores, costs, cost);
        if (!above) {
          const isAll = below.flat().every(Boolean);
          expect(isAll || Math.abs(meanCost(costs, below) - cost) < 1e-9 * cost).toBe(true);
          return;
        }
        expect(shareAbove).toBeGreaterThan(0);
        expect(shareAbove).toBeLessThan(1);
        const mixed = (1 - shareAbove) * meanCost(costs, below) + shareAbove * meanCost(costs, above);
        expect(mixed).toBeCloseTo(cost, 6);
        expect(above.flat().filter(Boolean).length).toBe(below.flat().filter(Boolean).length + 1);
      }),
    );
  });

  it('gives constant gates back', () => {
    fc.assert(
      fc.property(problem, fc.infiniteStream(fc.boolean()), ({ costs }, gates) => {
        const constant = costs.subBlockCosts.map((row) => row.map(() => gates.next().value as boolean));
        const near = patternsNear(
          constant.map((row) => row.map(Number)),
          costs,
          meanCost(costs, constant),
        );
        expect(near).toEqual({ below: constant, above: undefined, shareAbove: 0 });
      }),
    );
  });

  it('writes a pattern as the command line takes it', () => {
    expect(patternText([[true, false], [true]])).toBe('10,1');
  });
});
