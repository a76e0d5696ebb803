import { describe, expect, it } from 'vitest';
import { highestCost, macCosts, meanCost } from './gate-costs.js';

const costs = { alwaysCost: 2, subBlockCosts: [[1, 4], [3]] };

describe('GateCosts', () => {
  it('are the multiply–accumulates of a table, controllers among what always runs', () => {
    const table = { fixedMacs: 100, subBlockMacs: [[30, 20], [10]], controllerMacs: [2, 3] };
    expect(macCosts(table)).toEqual({ alwaysCost: 105, subBlockCosts: [[30, 20], [10]] });
  });

  it('add up by the shares of the images that open each sub-block', () => {
    expect(meanCost(costs, [[0, 0], [0]])).toBe(2);
    expect(meanCost(costs, [[0.5, 0.25], [1]])).toBe(2 + 0.5 + 1 + 3);
    expect(meanCost(costs, [[1, 1], [1]])).toBe(highestCost(costs));
    expect(highestCost(costs)).toBe(10);
  });

  it('refuse rates that are none, or not theirs', () => {
    expect(() => meanCost(costs, [[0, NaN], [0]])).toThrow(expect.objectContaining({ code: 'DMNN_GATES' }));
    expect(() => meanCost(costs, [[0, 0]])).toThrow(expect.objectContaining({ code: 'DMNN_GATES' }));
  });
});
