import * as tf from '@tensorflow/tfjs-core';
import { gateLogOdds } from './gate-log-odds.js';

/**
 * Computes gates by comparing the two logits, without a gradient.
 *
 * @param compare - maps on − off, `[B, N]`, to booleans.
 */
export function decided(logits: tf.Tensor3D, compare: (logOdds: tf.Tensor2D) => tf.Tensor2D): tf.Tensor2D {
  // comparisons have no gradient function: on the tape they would make the whole loss fail, so a custom gradient hides
  // them
  const decide = tf.customGrad((x) => {
    const pair = x as tf.Tensor3D;
    const logOdds = gateLogOdds(pair);
    const gates = tf.cast(compare(logOdds), 'float32');
    return {
      value: tf.where(tf.isNaN(logOdds), logOdds, gates), // a comparison hides NaN
      gradFunc: () => tf.zeros(pair.shape),
    };
  });
  return decide(logits);
}
