import { deviationOf } from './batch-norm-scale.js';
import type { BatchNormNumbers } from '@dmnn/weights/internal';

/** Mean and variance of the input of a batch norm, per channel. */
export interface InputMoments {
  readonly means: ArrayLike<number>;
  readonly variances: ArrayLike<number>;
}

/** A batch norm before its change, as precisely as it is known. */
export type KnownNorm = { readonly [name in keyof BatchNormNumbers]: ArrayLike<number> } & {
  /** What it adds to variances, before and after. @defaultValue 1e-5 */
  readonly epsilon?: number | undefined;
};

/**
 * Replaces means and variances of batch norms whose outputs are summed, and changes scales and shifts so that the sum
 * is preserved: scale γ_n σ'_n / σ_n, shifts with the same sum as before.
 *
 * @param norms - batch norms of the parts
 * @param moments - new moments, one for each part
 * @param keep - `sum`: the sum stays the same function. `mean`: its slopes stay, and its mean becomes the sum of the
 * shifts, for cases where the old means are unreliable.
 */
export function renewedNorms(
  norms: readonly KnownNorm[],
  moments: readonly InputMoments[],
  keep: 'sum' | 'mean',
): BatchNormNumbers[] {
  const channels = norms[0]?.beta.length ?? 0;
  const renewed = norms.map((_, n): BatchNormNumbers => ({
    gamma: new Float32Array(channels),
    beta: new Float32Array(channels),
    movingMean: Float32Array.from(moments[n]?.means ?? []),
    movingVariance: Float32Array.from(moments[n]?.variances ?? []),
  }));
  for (let channel = 0; channel < channels; channel++) {
    let shift = 0;
    for (const [n, norm] of norms.entries()) {
      const next = renewed[n] as BatchNormNumbers;
      const deviation = deviationOf(next.movingVariance[channel] as number, norm.epsilon);
      const slope =
        (norm.gamma[channel] as number) / deviationOf(norm.movingVariance[channel] as number, norm.epsilon);
      next.gamma[channel] = slope * deviation;
      shift += norm.beta[channel] as number;
      // the rounded values are used, so that the parts add up to the whole
      const nextSlope = (next.gamma[channel] as number) / deviation;
      if (keep === 'sum')
        shift +=
          nextSlope * (next.movingMean[channel] as number) - slope * (norm.movingMean[channel] as number);
    }
    for (const { beta } of renewed) beta[channel] = shift / norms.length;
  }
  return renewed;
}
