import { describe, expect, it } from 'vitest';
import { deviationOf } from './batch-norm-scale.js';
import { renewedNorms } from './divided-norms.js';

/** What a batch norm makes of a value of its only channel. */
function applied(norm: ReturnType<typeof renewedNorms>[number], x: number): number {
  const [gamma, beta, mean, variance] = [norm.gamma, norm.beta, norm.movingMean, norm.movingVariance].map(
    ([value]) => value as number,
  ) as [number, number, number, number];
  return (gamma * (x - mean)) / deviationOf(variance) + beta;
}

const norm = (gamma: number, beta: number, mean: number, variance: number) => ({
  gamma: Float32Array.of(gamma),
  beta: Float32Array.of(beta),
  movingMean: Float32Array.of(mean),
  movingVariance: Float32Array.of(variance),
});
const moments = (mean: number, variance: number) => ({ means: [mean], variances: [variance] });
const before = [norm(2, 0.5, 1, 4), norm(-1, 0.25, -2, 0.25)];

describe('renewedNorms', () => {
  it('keeps the sum’s function: scale γσ′/σ, shifts that add up', () => {
    const after = renewedNorms(before, [moments(3, 1), moments(0, 9)], 'sum');
    expect(after[0]?.gamma[0]).toBeCloseTo(1, 4); // 2 · 1 / 2
    expect(after[1]?.gamma[0]).toBeCloseTo(-6, 3); // −1 · 3 / 0.5
    for (const [a, b] of [
      [0, 0],
      [5, -3],
      [-2, 7],
    ] as const) {
      const sum = (norms: ReturnType<typeof renewedNorms>) => applied(norms[0]!, a) + applied(norms[1]!, b);
      expect(sum(after)).toBeCloseTo(sum(before), 5);
    }
    expect(after[0]?.beta).toEqual(after[1]?.beta);
  });

  it('keeps slopes, and makes the mean the sum of the shifts, where old means are not to be trusted', () => {
    const after = renewedNorms(before, [moments(3, 1), moments(0, 9)], 'mean');
    expect(applied(after[0]!, 3) + applied(after[1]!, 0)).toBeCloseTo(0.75, 6);
    expect(applied(after[0]!, 4) - applied(after[0]!, 3)).toBeCloseTo(
      applied(before[0]!, 4) - applied(before[0]!, 3),
      5,
    );
  });

  it('bears channels that never change', () => {
    const [after] = renewedNorms([norm(1, 2, 3, 0)], [moments(3, 0)], 'sum');
    expect(applied(after!, 3)).toBeCloseTo(2, 6);
  });
});
