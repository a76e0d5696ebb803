import { describe, expect, it } from 'vitest';
import { randomStream } from './random-stream.js';

const draws = <T>(draw: () => T, count = 20_000): T[] => Array.from({ length: count }, draw);
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

describe('randomStream', () => {
  it('repeats for its key and differs for another', () => {
    const [a, b, c] = [randomStream(1, 2, 3), randomStream(1, 2, 3), randomStream(1, 2, 4)];
    expect(draws(a.word, 50)).toEqual(draws(b.word, 50));
    expect(draws(a.word, 50)).not.toEqual(draws(c.word, 50));
  });

  it('is uniform: mean 1/2, variance 1/12, neighbours uncorrelated', () => {
    const u = draws(randomStream(7, 0).uniform);
    // standard errors with 20,000 draws: 0.002 of the mean, 0.0005 of the variance, 0.0006 of the covariance
    expect(mean(u)).toBeCloseTo(1 / 2, 1.9);
    expect(Math.abs(mean(u.map((x) => (x - 0.5) ** 2)) - 1 / 12)).toBeLessThan(0.003);
    expect(Math.abs(mean(u.slice(1).map((x, at) => (x - 0.5) * (u[at]! - 0.5))))).toBeLessThan(0.0036);
  });

  it('keeps to its ranges and reaches their ends', () => {
    const random = randomStream(9, 0);
    const between = draws(() => random.between(-2, 3));
    expect(Math.min(...between)).toBeGreaterThanOrEqual(-2);
    expect(Math.max(...between)).toBeLessThan(3);
    expect(Math.max(...between) - Math.min(...between)).toBeGreaterThan(4.99);
    expect(new Set(draws(() => random.below(7)))).toEqual(new Set([0, 1, 2, 3, 4, 5, 6]));
  });
});
