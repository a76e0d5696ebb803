import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { activations } from './activations.js';

describe.each(Object.entries(activations))('%s', (_, { value, slope, range, isClip }) => {
  const anyNumber = fc.double({ min: -20, max: 20, noNaN: true });

  it('keeps to its range, and comes near its ends', () => {
    const [least, largest] = range;
    fc.assert(
      fc.property(anyNumber, (x) => {
        expect(value(x)).toBeGreaterThanOrEqual(least);
        expect(value(x)).toBeLessThanOrEqual(largest);
      }),
    );
    const values = Array.from({ length: 40_001 }, (_, i) => value(i / 1000 - 20));
    if (Number.isFinite(least)) expect(Math.min(...values)).toBeCloseTo(least, 5);
    if (Number.isFinite(largest)) expect(Math.max(...values)).toBeCloseTo(largest, 5);
  });

  it('has the slope that its values have', () => {
    const step = 1e-4;
    fc.assert(
      fc.property(anyNumber, (x) => {
        const [before, at, after] = [x - step, x, x + step].map(slope) as [number, number, number];
        // at a corner a difference has neither slope
        if (Math.abs(after - before) > 0.01) return;
        expect((value(x + step) - value(x - step)) / (2 * step)).toBeCloseTo(at, 4);
      }),
    );
  });

  it('is a clip if it says so, and only then', () => {
    const [least, largest] = range;
    const xs = Array.from({ length: 401 }, (_, i) => i / 10 - 20);
    const same = xs.every((x) => value(x) === Math.min(Math.max(x, least), largest));
    expect(same).toBe(isClip);
  });

  it('passes NaN on', () => {
    expect(value(NaN)).toBeNaN();
  });
});
