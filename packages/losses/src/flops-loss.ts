import { assertTensor } from '@dmnn/foundation';
import * as tf from '@tensorflow/tfjs-core';
import { assertTarget } from './target.js';

/**
 * (F_actual / F_full − t)²: pulls the whole network towards a fraction of its full cost.
 *
 * The paper does not say whether the distance is squared.
 *
 * @param rate - a scalar, see {@link flopsRate}.
 * @param target - t, in (0, 1].
 * @returns a scalar ≥ 0, not weighted. The caller disposes it.
 * @throws RangeError if the target is outside (0, 1].
 * @see DMNN §3.3 Eq. 14.
 */
export function flopsLoss(rate: tf.Scalar, target: number): tf.Scalar {
  assertTensor('rate', rate, 'a scalar tensor');
  assertTarget(target);
  return tf.tidy(() => tf.square<tf.Scalar>(tf.sub(rate, target)));
}
