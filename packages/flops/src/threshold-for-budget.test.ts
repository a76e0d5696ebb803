import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type GateCosts, highestCost } from './gate-costs.js';
import { thresholdForBudget } from './threshold-for-budget.js';

/** Mean cost of images whose gates open at least at this probability: image by image, as a policy would. */
function costAt(threshold: number, logOdds: readonly number[], costs: GateCosts): number {
  const gateCosts = costs.subBlockCosts.flat();
  const images = logOdds.length / gateCosts.length;
  let total = 0;
  logOdds.forEach((each, i) => {
    const open = threshold === 0 || each >= Math.log(threshold / (1 - threshold));
    if (open) total += gateCosts[i % gateCosts.length]!;
  });
  return costs.alwaysCost + total / images;
}

const problems = fc
  .tuple(
    fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 5 }),
    fc.integer({ min: 0, max: 20 }),
    fc.integer({ min: 1, max: 6 }),
  )
  .chain(([subBlocks, alwaysCost, images]) =>
    fc.record({
      costs: fc.constant<GateCosts>({ alwaysCost, subBlockCosts: [subBlocks] }),
      // tenths from −9 to 9: ties happen, and no two differ by less than rounding
      logOdds: fc.array(
        fc.integer({ min: -90, max: 90 }).map((tenths) => tenths / 10),
        { minLength: images * subBlocks.length, maxLength: images * subBlocks.length },
      ),
      share: fc.double({ min: 0, max: 1.2, noNaN: true }),
    }),
  );

describe('thresholdForBudget', () => {
  it('finds, by hand, the threshold between the third and the fourth of four gates', () => {
    const costs = { alwaysCost: 10, subBlockCosts: [[4, 4]] };
    const logOdds = [2, -1, 3, 0];
    // open 3 and 2: 10 + 8 / 2 = 14; 0 as well: 16
    const at14 = thresholdForBudget({ logOdds, costs, budget: 14.5 });
    expect(at14.meanCost).toBe(14);
    expect(at14.threshold).toBeCloseTo(1 / (1 + Math.exp(-1)), 12); // midway between 2 and 0
    expect(thresholdForBudget({ logOdds, costs, budget: 16 }).meanCost).toBe(16);
    expect(thresholdForBudget({ logOdds, costs, budget: 18 })).toEqual({ threshold: 0, meanCost: 18 });
    expect(thresholdForBudget({ logOdds, costs, budget: Infinity }).threshold).toBe(0);
    expect(thresholdForBudget({ logOdds, costs, budget: 10 })).toEqual({ threshold: 1, meanCost: 10 });
  });

  it('says what its threshold costs, keeps to the budget, and could not open one more value of log-odds', () => {
    fc.assert(
      fc.property(problems, ({ costs, logOdds, share }) => {
        const budget = costs.alwaysCost + share * (highestCost(costs) - costs.alwaysCost);
        const { threshold, meanCost } = thresholdForBudget({ logOdds, costs, budget });
        expect(meanCost).toBeCloseTo(costAt(threshold, logOdds, costs), 9);
        expect(meanCost).toBeLessThanOrEqual(budget + 1e-9);
        const closed = logOdds.filter((each) => each < Math.log(threshold / (1 - threshold)));
        if (closed.length === 0) return;
        const lower = 1 / (1 + Math.exp(0.01 - Math.max(...closed)));
        expect(costAt(lower, logOdds, costs)).toBeGreaterThan(budget - 1e-9);
      }),
    );
  });

  it('costs no less for a larger budget, at no higher a threshold', () => {
    fc.assert(
      fc.property(problems, fc.double({ min: 0, max: 1, noNaN: true }), ({ costs, logOdds, share }, part) => {
        const range = highestCost(costs) - costs.alwaysCost;
        const of = (budget: number) => thresholdForBudget({ logOdds, costs, budget });
        const large = of(costs.alwaysCost + share * range);
        const small = of(costs.alwaysCost + part * share * range);
        expect(small.meanCost).toBeLessThanOrEqual(large.meanCost);
        expect(small.threshold).toBeGreaterThanOrEqual(large.threshold);
      }),
    );
  });

  it('distinguishes log-odds whose probabilities are equal', () => {
    const costs = { alwaysCost: 0, subBlockCosts: [[1, 1]] };
    const { threshold, meanCost } = thresholdForBudget({ logOdds: [20, 30], costs, budget: 1 });
    expect(meanCost).toBe(1);
    expect(Math.log(threshold / (1 - threshold))).toBeCloseTo(25, 3);
  });

  it('opens equal log-odds together or not at all', () => {
    const costs = { alwaysCost: 1, subBlockCosts: [[1], [1]] };
    const logOdds = new Float32Array(8).fill(0.25);
    expect(thresholdForBudget({ logOdds, costs, budget: 2.9 })).toEqual({ threshold: 1, meanCost: 1 });
    expect(thresholdForBudget({ logOdds, costs, budget: 3 })).toEqual({ threshold: 0, meanCost: 3 });
  });

  it('refuses a budget below what always runs, and says what can be had', () => {
    const costs = { alwaysCost: 5, subBlockCosts: [[1, 1]] };
    const ask = () => thresholdForBudget({ logOdds: [0, 0], costs, budget: 4 });
    expect(ask).toThrow(expect.objectContaining({ code: 'DMNN_BUDGET' }));
    expect(ask).toThrow(
      'budget: expected a mean cost of at least 5 (all gates closed; 7 with all open), got 4',
    );
  });

  it.each([
    [[0, 0, 0], 2, 'logOdds: expected 2 numbers for each of at least one image'],
    [[], 2, 'logOdds: expected 2 numbers for each of at least one image'],
    [[0, 1, NaN, 1], 2, 'logOdds: expected finite numbers, got NaN for image 1, gate 0'],
    [[0, Infinity], 2, 'logOdds: expected finite numbers, got Infinity for image 0, gate 1'],
    [[0, 0], NaN, 'budget: expected a number, got NaN'],
  ])('refuses %j for %d', (logOdds, budget, message) => {
    const costs = { alwaysCost: 1, subBlockCosts: [[1, 1]] };
    expect(() => thresholdForBudget({ logOdds, costs, budget })).toThrow(RangeError);
    expect(() => thresholdForBudget({ logOdds, costs, budget })).toThrow(message);
  });

  it('refuses costs without sub-blocks', () => {
    expect(() =>
      thresholdForBudget({ logOdds: [], costs: { alwaysCost: 1, subBlockCosts: [] }, budget: 2 }),
    ).toThrow('costs: expected at least one sub-block');
  });
});
