import * as tf from '@tensorflow/tfjs-core';
import { assertTargetRate } from './target-rate.js';

/**
 * (F_actual / F_full − t)²: draws the whole network towards a share of its own cost.
 *
 * The paper leaves the square open.
 *
 * @param rate - a scalar, see {@link flopsRate}.
 * @param targetRate - t, in (0, 1].
 * @returns a scalar ≥ 0, not weighted. The caller disposes it.
 * @throws RangeError if the target is outside (0, 1].
 * @see DMNN §3.3 Eq. 14.
 */
export function flopsLoss(rate: tf.Scalar, targetRate: number): tf.Scalar {
  assertTargetRate(targetRate);
  return tf.tidy(() => tf.square<tf.Scalar>(tf.sub(rate, targetRate)));
}
