import { assertTensor } from '@dmnn/foundation';
import * as tf from '@tensorflow/tfjs-core';
import { gatingError } from './gating-error.js';
import { assertTemperature } from './temperature.js';

/**
 * The softmax trick: relaxes the choice of every sub-block to softmax((logits + noise) / temperature).
 *
 * Stable at any temperature: the largest value is subtracted before the division, so that nothing overflows.
 *
 * @param logits - `[B, N, K]`: image, sub-block, choice; (off, on) for gates. Unnormalised log-probabilities.
 * @param noise - `[B, N, K]` Gumbel(0, 1) samples, see {@link gumbelNoise}; zeros for none.
 * @param temperature - dimensionless, finite, > 0; smaller values give results closer to one-hot.
 * @returns `[B, N, K]`, summing to 1 over the last axis; differentiable with respect to logits and noise.
 *   The caller disposes it.
 * @throws DmnnError `DMNN_GATING` if the shapes differ or the rank is not 3. RangeError if the temperature is not > 0.
 * @see DMNN §3.2 Eq. 8; Jang et al. 2017 (arXiv 1611.01144) Eq. 2.
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { gumbelNoise, gumbelSoftmax } from '@dmnn/gating';
 *
 * await tf.setBackend('cpu');
 * const logits = tf.tensor3d([[[0, 2], [1, 1]]]); // one image, two sub-blocks, (off, on)
 * const noise = gumbelNoise({ seed: 7, epoch: 0, blockIndex: 0, sampleKeys: [41], subBlocks: 2 });
 * const probabilities = gumbelSoftmax(logits, noise, 1);
 * console.log(tf.sum(probabilities, 2).toString()); // each pair sums to 1
 * ```
 */
export function gumbelSoftmax(logits: tf.Tensor3D, noise: tf.Tensor3D, temperature: number): tf.Tensor3D {
  assertTensor('logits', logits, 'a tensor [B, N, K]');
  assertTensor('noise', noise, 'a tensor of the same shape');
  assertTemperature(temperature);
  if (logits.rank !== 3 || !tf.util.arraysEqual(logits.shape, noise.shape)) {
    throw gatingError(
      'noise',
      `logits [B, N, K] and noise of one shape`,
      `logits [${logits.shape.join(', ')}] and noise [${noise.shape.join(', ')}]`,
      'Draw the noise for the same samples, sub-blocks and choices.',
    );
  }
  const relax = tf.customGrad((z, save) => {
    const x = z as tf.Tensor3D;
    const p = tf.softmax(tf.div(tf.sub(x, tf.max(x, 2, true)), temperature));
    (save as tf.GradSaveFunc)([p]);
    return {
      value: p,
      gradFunc: (upstream: tf.Tensor, saved: tf.Tensor[]) => {
        const y = saved[0] as tf.Tensor;
        const inner = tf.sum(tf.mul(upstream, y), 2, true);
        return tf.div(tf.mul(y, tf.sub(upstream, inner)), temperature);
      },
    };
  });
  return tf.tidy(() => relax(tf.add(logits, noise)) as tf.Tensor3D);
}
