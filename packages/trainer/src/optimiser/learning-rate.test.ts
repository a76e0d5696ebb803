import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { constant, cosine, step } from '@dmnn/gating';
import { overSteps, withWarmUp } from './learning-rate.js';

describe('overSteps', () => {
  it('makes half a cosine of a cosine', () => {
    const rate = overSteps(cosine(0.1, 0.02), 6);
    // (1 + cos(π/3)) / 2 = 0.75: 0.02 + 0.08 · 0.75; half way 0.06; (1 + cos(2π/3)) / 2 = 0.25
    const expected = [0.1, undefined, 0.08, 0.06, 0.04, undefined, 0.02, 0.02];
    for (const [at, value] of expected.entries()) if (value) expect(rate(at)).toBeCloseTo(value, 12);
  });

  it('falls at every step of a cosine', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 1000 }), (steps) => {
        const rate = overSteps(cosine(1, 0), steps);
        for (let at = 1; at <= steps; at++) if (rate(at) >= rate(at - 1)) return false;
        return true;
      }),
    );
  });

  it('changes at exactly the steps where a step schedule does', () => {
    const rate = overSteps(
      step([
        [0, 0.1],
        [100 / 200, 0.01],
        [150 / 200, 0.001],
      ]),
      200,
    );
    expect([0, 99, 100, 149, 150, 199].map((at) => rate(at).toPrecision(3))).toEqual([
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
    const rate = withWarmUp(
      overSteps(
        step([
          [0, 8],
          [2 / 3, 4],
        ]),
        3,
      ),
      4,
    );
    expect([0, 1, 2, 3, 4, 5, 6].map(rate)).toEqual([2, 4, 6, 8, 8, 8, 4]);
  });

  it('of no steps changes nothing', () => {
    expect(withWarmUp(overSteps(constant(3), 1), 0)(0)).toBe(3);
  });
});

it.each([
  () => overSteps(constant(-1), 1),
  () => overSteps(constant(NaN), 1),
  () => overSteps(cosine(Infinity, 0), 2),
  () => overSteps(cosine(1, -1), 2),
  () => overSteps(cosine(1, 0), 0),
  () => overSteps(cosine(1, 0), 1.5),
  () => withWarmUp(overSteps(constant(1), 1), -1),
])('rejects what is not a learning rate: %s', (make) => {
  expect(make).toThrow(RangeError);
});
