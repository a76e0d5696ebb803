import * as tf from '@tensorflow/tfjs-core';
import { assertRates } from './gates.js';
import { assertTarget } from './target.js';

/**
 * Mean over the blocks of (r_l − t)²: pulls every block towards the same rate.
 *
 * The paper does not say whether the distance is squared, summed or averaged; the mean of squares is
 * ConvNet-AIG's choice, and its scale does not depend on the depth of the network.
 *
 * @param rates - `[L]`, see {@link executionRates}.
 * @param target - t, in (0, 1].
 * @returns a scalar ≥ 0, not weighted. The caller disposes it.
 * @throws DmnnError `DMNN_LOSS` if `rates` is not a vector. RangeError if the target is outside (0, 1].
 * @see DMNN §3.3 Eq. 12.
 */
export function executionRateLoss(rates: tf.Tensor1D, target: number): tf.Scalar {
  assertRates(rates);
  assertTarget(target);
  return tf.tidy(() => tf.mean<tf.Scalar>(tf.square(tf.sub(rates, target))));
}
