import { assertTensor } from '@dmnn/foundation';
import * as tf from '@tensorflow/tfjs-core';
import { gatingError } from './gating-error.js';

/**
 * The hard choice in the forward pass, the gradient of the soft one in the backward pass: one-hot of the largest
 * probability, and the identity for the gradient.
 *
 * @param probabilities - `[B, N, K]`, finite; see {@link gumbelSoftmax}.
 * @returns `[B, N, K]` of {0, 1}, one 1 along the last axis, at the first of equal values; NaN where the argument is
 *   NaN, so that a failed controller does not go unnoticed. The caller disposes it.
 * @throws DmnnError `DMNN_GATING` if the rank is not 3.
 * @see Bengio et al. 2013 (arXiv 1308.3432) §3; Jang et al. 2017 (arXiv 1611.01144) §2.2.
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { straightThroughArgMax } from '@dmnn/gating';
 *
 * await tf.setBackend('cpu');
 * const choice = straightThroughArgMax(tf.tensor3d([[[0.2, 0.7, 0.1]]]));
 * console.log(choice.dataSync().join()); // => 0,1,0
 * ```
 */
export function straightThroughArgMax(probabilities: tf.Tensor3D): tf.Tensor3D {
  assertTensor('probabilities', probabilities, 'a tensor [B, N, K]');
  if (probabilities.rank !== 3) {
    throw gatingError(
      'probabilities',
      '[B, N, K]',
      `[${probabilities.shape.join(', ')}]`,
      'Keep the axis of choices last.',
    );
  }
  // tfjs has no stopGradient, so soft + stop(hard − soft) is not available
  const choose = tf.customGrad((p) => {
    const soft = p as tf.Tensor3D;
    // the wasm backend writes integer bits for any requested type, so cast the result instead of requesting a type
    const hard = tf.cast(tf.oneHot(tf.argMax(soft, 2), soft.shape[2]), 'float32');
    return {
      value: tf.add(hard, tf.mul(soft, 0)), // NaN · 0 is NaN: the sum keeps what a comparison would hide
      gradFunc: (upstream: tf.Tensor) => tf.clone(upstream),
    };
  });
  return choose(probabilities) as tf.Tensor3D;
}
