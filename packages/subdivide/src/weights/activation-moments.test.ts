import { describe, expect, it } from 'vitest';
import { activationMoments } from './activation-moments.js';

describe('activationMoments', () => {
  it('has the moments of the half-normal distribution behind relu', () => {
    const { mean, variance, slope } = activationMoments(0, 2, 'relu');
    expect(mean).toBeCloseTo(2 / Math.sqrt(2 * Math.PI), 3);
    expect(variance).toBeCloseTo(4 * (1 / 2 - 1 / (2 * Math.PI)), 3);
    expect(slope).toBeCloseTo(0.5, 6);
  });

  it('passes what lies far above 0, up to 6 behind relu6, and nothing far below', () => {
    const above = activationMoments(30, 1, 'relu');
    expect(above.mean).toBeCloseTo(30, 6);
    expect(above.variance).toBeCloseTo(1, 3);
    expect(above.slope).toBeCloseTo(1, 12);
    const clipped = activationMoments(30, 1, 'relu6');
    expect(clipped.mean).toBeCloseTo(6, 12);
    expect(clipped.variance).toBeCloseTo(0, 12);
    expect(clipped.slope).toBe(0);
    expect(activationMoments(-30, 1, 'relu')).toEqual({ mean: 0, variance: 0, slope: 0 });
  });

  it('knows channels that never change', () => {
    expect(activationMoments(2, 0, 'relu')).toEqual({ mean: 2, variance: 0, slope: 1 });
    expect(activationMoments(-2, 3, 'none')).toEqual({ mean: -2, variance: 9, slope: 1 });
  });
});
