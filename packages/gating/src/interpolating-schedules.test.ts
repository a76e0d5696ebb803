import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { constant, cosine, exponential, linear } from './interpolating-schedules.js';

const positive = fc.double({ min: 0.01, max: 100, noNaN: true });
const share = fc.double({ min: 0, max: 1, noNaN: true });

describe('schedules between two values', () => {
  it('have these values', () => {
    expect(constant(3)(0.2)).toBe(3);
    expect(linear(1, 0.6)(0.25)).toBeCloseTo(0.9, 12);
    expect(exponential(8, 2)(0.5)).toBeCloseTo(4, 12); // the geometric mean
    expect(exponential(5, 0.1)(0.25)).toBeCloseTo(5 * 0.02 ** 0.25, 12);
    expect(cosine(5, 1)(0.5)).toBeCloseTo(3, 12);
    expect(cosine(1, 0)(1 / 3)).toBeCloseTo(0.75, 12); // (1 + cos 60°) / 2
  });

  it.each([
    ['linear', linear],
    ['exponential', exponential],
    ['cosine', cosine],
  ])('%s starts and ends where it says and never turns back', (_, make) => {
    fc.assert(
      fc.property(positive, positive, share, share, (start, end, a, b) => {
        const schedule = make(start, end);
        expect(schedule(0)).toBeCloseTo(start, 10);
        expect(schedule(1)).toBeCloseTo(end, 10);
        const step = schedule(Math.max(a, b)) - schedule(Math.min(a, b));
        expect(step * (end - start)).toBeGreaterThan(-1e-10);
      }),
    );
  });

  it('refuse values and progress out of range', () => {
    for (const make of [linear, cosine, exponential]) {
      expect(() => make(NaN, 1)).toThrow('start: expected a finite number, got NaN');
      expect(() => make(1, Infinity)).toThrow('end: expected a finite number, got Infinity');
      for (const progress of [-0.01, 1.01, NaN]) {
        expect(() => make(1, 2)(progress)).toThrow(
          `progress: expected a fraction of training in [0, 1], got ${progress}`,
        );
      }
    }
    expect(() => constant(NaN)).toThrow(RangeError);
    expect(() => constant(1)(NaN)).toThrow(RangeError);
    expect(() => exponential(1, 0)).toThrow('end: expected a number > 0, got 0');
    expect(() => exponential(-1, 1)).toThrow('start: expected a number > 0');
  });
});
