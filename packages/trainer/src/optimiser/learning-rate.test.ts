import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { constantRate, cosineRate, stepRate, withWarmUp } from './learning-rate.js';

describe('cosineRate', () => {
  it('is half a cosine', () => {
    const rate = cosineRate({ from: 0.1, to: 0.02, steps: 6 });
    // (1 + cos(π/3)) / 2 = 0.75: 0.02 + 0.08 · 0.75; half way 0.06; (1 + cos(2π/3)) / 2 = 0.25
    const expected = [0.1, undefined, 0.08, 0.06, 0.04, undefined, 0.02, 0.02];
    for (const [step, value] of expected.entries()) if (value) expect(rate(step)).toBeCloseTo(value, 12);
  });

  it('falls at every step', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 1000 }), (steps) => {
        const rate = cosineRate({ from: 1, steps });
        for (let step = 1; step <= steps; step++) if (rate(step) >= rate(step - 1)) return false;
        return true;
      }),
    );
  });
});

describe('stepRate', () => {
  it('divides by ten at epochs 100 and 150', () => {
    const rate = stepRate({ from: 0.1, factor: 0.1, atSteps: [100, 150] });
    expect([0, 99, 100, 149, 150, 199].map((step) => rate(step).toPrecision(3))).toEqual([
      '0.100',
      '0.100',
      '0.0100',
      '0.0100',
      '0.00100',
      '0.00100',
    ]);
  });
});

describe('withWarmUp', () => {
  it('rises in equal parts, then starts the schedule from its beginning', () => {
    const rate = withWarmUp(stepRate({ from: 8, factor: 0.5, atSteps: [2] }), 4);
    expect([0, 1, 2, 3, 4, 5, 6].map(rate)).toEqual([2, 4, 6, 8, 8, 8, 4]);
  });

  it('of no steps changes nothing', () => {
    expect(withWarmUp(constantRate(3), 0)(0)).toBe(3);
  });
});

it.each([
  () => constantRate(-1),
  () => constantRate(NaN),
  () => cosineRate({ from: Infinity, steps: 2 }),
  () => cosineRate({ from: 1, to: -1, steps: 2 }),
  () => cosineRate({ from: 1, steps: 0 }),
  () => cosineRate({ from: 1, steps: 1.5 }),
  () => stepRate({ from: 1, factor: NaN, atSteps: [] }),
  () => stepRate({ from: 1, factor: 0.1, atSteps: [5, 5] }),
  () => withWarmUp(constantRate(1), -1),
])('rejects what is no schedule: %s', (make) => {
  expect(make).toThrow(RangeError);
});
