import { assertTensor } from '@dmnn/foundation';
import * as tf from '@tensorflow/tfjs-core';

/**
 * Rounds in the forward pass and is the identity in the backward pass: gates from the relaxed p(on) of {@link
 * binaryConcrete}.
 *
 * @param probability - `[B, N]` in [0, 1].
 * @returns `[B, N]` of {0, 1}: 1 above one half; exactly one half closes the gate, as equal probabilities do in
 *   {@link straightThroughGates}. NaN stays NaN. The caller disposes it.
 * @see Bengio et al. 2013 (arXiv 1308.3432) §3.
 */
export function straightThroughRound(probability: tf.Tensor2D): tf.Tensor2D {
  assertTensor('probability', probability, 'a tensor [B, N]');
  const round = tf.customGrad((p) => {
    const soft = p as tf.Tensor2D;
    return {
      value: tf.add(tf.cast(tf.greater(soft, 0.5), 'float32'), tf.mul(soft, 0)), // keeps NaN
      gradFunc: (upstream: tf.Tensor) => tf.clone(upstream),
    };
  });
  return round(probability) as tf.Tensor2D;
}
