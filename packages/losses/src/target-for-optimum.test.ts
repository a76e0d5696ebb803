import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dmnn50n2 } from '@dmnn/test-networks';
import { jointOptimum } from './joint-optimum.js';
import { targetForOptimum } from './target-for-optimum.js';

const tables = fc
  .record({ fixedMacs: fc.nat(1000), gated: fc.integer({ min: 1, max: 1000 }) })
  .map(({ fixedMacs, gated }) => ({ fixedMacs, controllerMacs: [0], subBlockMacs: [[gated]] }));

describe('targetForOptimum', () => {
  it('inverts the optimum of DMNN-50 n2 in the notes on the paper', () => {
    expect(targetForOptimum(dmnn50n2, { executionRate: 0.363 })).toBeCloseTo(0.4, 3);
    expect(targetForOptimum(dmnn50n2, { flopsRate: 0.442 })).toBeCloseTo(0.4, 3);
  });

  it('is the common target of Eq. 12 and 14 if no cost is fixed', () => {
    const table = { fixedMacs: 0, controllerMacs: [0], subBlockMacs: [[3, 4]] };
    expect(targetForOptimum(table, { executionRate: 0.3 })).toBeCloseTo(0.3, 12);
    expect(targetForOptimum(table, { flopsRate: 0.3 })).toBeCloseTo(0.3, 12);
  });

  it('has the wanted rate as its joint optimum', () => {
    const rates = fc.double({ min: 0.001, max: 1, noNaN: true });
    fc.assert(
      fc.property(tables, rates, (table, executionRate) => {
        const target = targetForOptimum(table, { executionRate });
        expect(target).toBeGreaterThan(0);
        expect(target).toBeLessThanOrEqual(1);
        expect(jointOptimum(table, target).executionRate).toBeCloseTo(executionRate, 9);
      }),
    );
  });

  it('has the wanted fraction of the MACs as its joint optimum', () => {
    const shares = fc.double({ min: 0.001, max: 1, noNaN: true });
    fc.assert(
      fc.property(tables, shares, (table, share) => {
        const fixed = table.fixedMacs / (table.fixedMacs + (table.subBlockMacs[0]?.[0] ?? 0));
        const flopsRate = fixed + share * (1 - fixed);
        fc.pre(flopsRate > fixed); // if nearly everything is fixed, rounding errors dominate
        const target = targetForOptimum(table, { flopsRate });
        expect(jointOptimum(table, target).flopsRate).toBeCloseTo(flopsRate, 9);
      }),
    );
  });

  it('rejects rates that no gates can reach', () => {
    for (const executionRate of [0, 1.1, NaN])
      expect(() => targetForOptimum(dmnn50n2, { executionRate })).toThrow(
        /wanted\.executionRate: expected a fraction in \(0, 1\]/,
      );
    for (const flopsRate of [0.05, 1.1, NaN])
      expect(() => targetForOptimum(dmnn50n2, { flopsRate })).toThrow(
        /wanted\.flopsRate: expected a fraction above 0\.12\d\d, the part/,
      );
    const free = { fixedMacs: 9, controllerMacs: [1], subBlockMacs: [[0]] };
    expect(() => targetForOptimum(free, { flopsRate: 1 })).toThrow(
      expect.objectContaining({ code: 'DMNN_LOSS' }),
    );
    expect(() => targetForOptimum({ ...dmnn50n2, fixedMacs: -1 }, { flopsRate: 0.5 })).toThrow(
      expect.objectContaining({ code: 'DMNN_LOSS' }),
    );
  });
});
