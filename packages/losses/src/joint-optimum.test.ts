import { fullMacs } from '@dmnn/flops';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dmnn50n2 } from '@dmnn/test-networks';
import { jointOptimum } from './joint-optimum.js';

describe('jointOptimum', () => {
  it('is a rate of 0.363 and 0.442 of the FLOPs for DMNN-50 n2 at t = 0.4', () => {
    expect(fullMacs(dmnn50n2)).toBe(3_894_804_854);
    const { executionRate, flopsRate } = jointOptimum(dmnn50n2, 0.4);
    expect(executionRate.toFixed(3)).toBe('0.363');
    expect(flopsRate.toFixed(3)).toBe('0.442');
  });

  it('minimises Eq. 15 over all common rates', () => {
    const share = fc.double({ min: 0.01, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        fc.nat(1000),
        fc.integer({ min: 1, max: 1000 }),
        share,
        share,
        (fixedMacs, gated, target, other) => {
          const table = { fixedMacs, controllerMacs: [0], subBlockMacs: [[gated]] };
          const flopsAt = (rate: number) => (fixedMacs + rate * gated) / (fixedMacs + gated);
          const lossAt = (rate: number) => (rate - target) ** 2 + (flopsAt(rate) - target) ** 2;
          const { executionRate, flopsRate } = jointOptimum(table, target);
          expect(flopsRate).toBeCloseTo(flopsAt(executionRate), 12);
          expect(lossAt(executionRate)).toBeLessThanOrEqual(lossAt(other) + 1e-12);
          expect(executionRate).toBeGreaterThanOrEqual(0);
          expect(executionRate).toBeLessThanOrEqual(target + 1e-12);
        },
      ),
    );
  });

  it('closes all gates if the fixed part alone exceeds the target by far', () => {
    const table = { fixedMacs: 90, controllerMacs: [0], subBlockMacs: [[10]] };
    expect(jointOptimum(table, 0.05)).toEqual({ executionRate: 0, flopsRate: 0.9 });
    expect(jointOptimum(table, 1).executionRate).toBeCloseTo(1, 12);
  });

  it('rejects invalid targets and tables', () => {
    for (const target of [0, 1.1, NaN]) expect(() => jointOptimum(dmnn50n2, target)).toThrow(RangeError);
    expect(() => jointOptimum({ ...dmnn50n2, fixedMacs: -1 }, 0.5)).toThrow(
      expect.objectContaining({ code: 'DMNN_LOSS' }),
    );
  });
});
