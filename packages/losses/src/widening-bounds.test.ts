import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wideningBounds } from './widening-bounds.js';

const share = fc.double({ min: 0, max: 1, noNaN: true });
const target = fc.double({ min: 0.01, max: 1, noNaN: true });

describe('wideningBounds', () => {
  it('has hand-computed values for t = 0.6', () => {
    // p = cos²(30°) = 3/4 at 1/9, cos²(45°) = 1/2 at 1/6, cos²(60°) = 1/4 at 2/9
    for (const [progress, lower, upper] of [
      [1 / 9, 0.45, 0.7],
      [1 / 6, 0.3, 0.8],
      [2 / 9, 0.15, 0.9],
    ] as const) {
      expect(wideningBounds(progress, 0.6).lower).toBeCloseTo(lower, 12);
      expect(wideningBounds(progress, 0.6).upper).toBeCloseTo(upper, 12);
    }
  });

  it('starts at the target and is open from a third on', () => {
    expect(wideningBounds(0, 0.6)).toEqual({ lower: 0.6, upper: 0.6 });
    for (const progress of [1 / 3, 0.34, 1])
      expect(wideningBounds(progress, 0.6)).toEqual({ lower: 0, upper: 1 });
  });

  it('only widens, about the target', () => {
    fc.assert(
      fc.property(share, share, target, (a, b, t) => {
        const early = wideningBounds(Math.min(a, b), t);
        const late = wideningBounds(Math.max(a, b), t);
        expect(0 <= late.lower && late.lower <= early.lower && early.lower <= t).toBe(true);
        expect(t - 1e-15 <= early.upper && early.upper <= late.upper && late.upper <= 1).toBe(true);
      }),
    );
  });

  it('refuses arguments out of range', () => {
    for (const progress of [-0.1, 1.1, NaN]) {
      expect(() => wideningBounds(progress, 0.6)).toThrow(
        `progress: expected a fraction of training in [0, 1], got ${progress}`,
      );
    }
    for (const t of [0, 1.1, NaN]) expect(() => wideningBounds(0, t)).toThrow('target');
  });
});
