import * as tf from '@tensorflow/tfjs-core';
import { ON, OFF } from './choice.js';

/**
 * Gates from a comparison of the two logits, without a gradient.
 *
 * @param compare - gets on − off, `[B, N]`, and answers with booleans.
 */
export function decided(logits: tf.Tensor3D, compare: (logOdds: tf.Tensor2D) => tf.Tensor2D): tf.Tensor2D {
  // comparisons have no gradient function: on the tape they would make the whole loss fail, so they stay in here
  const decide = tf.customGrad((x) => {
    const pair = x as tf.Tensor3D;
    const column = (k: number) => tf.squeeze<tf.Tensor2D>(tf.slice(pair, [0, 0, k], [-1, -1, 1]), [2]);
    const logOdds = tf.sub<tf.Tensor2D>(column(ON), column(OFF));
    const gates = tf.cast(compare(logOdds), 'float32');
    return {
      value: tf.where(tf.isNaN(logOdds), logOdds, gates), // a comparison hides NaN
      gradFunc: () => tf.zeros(pair.shape),
    };
  });
  return decide(logits);
}
