import { assertTensor } from '@dmnn/foundation';
import * as tf from '@tensorflow/tfjs-core';
import { gatingError } from './gating-error.js';
import { assertTemperature } from './temperature.js';

/**
 * The softmax trick for two choices as a single number: sigmoid((logOdds + noise) / temperature), the relaxed p(on).
 *
 * Equals the on column of {@link gumbelSoftmax} with `logOdds` = on − off logits and {@link logisticNoise} of the
 * same key, for controllers that output one number per sub-block.
 *
 * @param logOdds - `[B, N]`: log p(on) / p(off).
 * @param noise - `[B, N]` logistic samples; zeros for none.
 * @param temperature - dimensionless, finite, > 0; smaller values give results closer to 0 or 1.
 * @returns `[B, N]` in [0, 1], differentiable with respect to log-odds and noise. The caller disposes it.
 * @throws DmnnError `DMNN_GATING` if the shapes differ or the rank is not 2. RangeError if the temperature is not > 0.
 * @see Maddison et al. 2017 (arXiv 1611.00712) appendix B.
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { binaryConcrete, straightThroughRound } from '@dmnn/gating';
 *
 * await tf.setBackend('cpu');
 * const open = binaryConcrete(tf.tensor2d([[2, -1]]), tf.zeros<tf.Rank.R2>([1, 2]), 1);
 * console.log(straightThroughRound(open).dataSync().join()); // => 1,0
 * ```
 */
export function binaryConcrete(logOdds: tf.Tensor2D, noise: tf.Tensor2D, temperature: number): tf.Tensor2D {
  assertTensor('logOdds', logOdds, 'a tensor [B, N]');
  assertTensor('noise', noise, 'a tensor of the same shape');
  assertTemperature(temperature);
  if (logOdds.rank !== 2 || !tf.util.arraysEqual(logOdds.shape, noise.shape)) {
    throw gatingError(
      'noise',
      'logOdds [B, N] and noise of one shape',
      `logOdds [${logOdds.shape.join(', ')}] and noise [${noise.shape.join(', ')}]`,
      'Draw the noise for the same samples and sub-blocks.',
    );
  }
  return tf.tidy(() => tf.sigmoid(tf.div<tf.Tensor2D>(tf.add(logOdds, noise), temperature)));
}
