import { assertRecord } from '@dmnn/foundation';
import * as tf from '@tensorflow/tfjs-core';
import { assertRates } from './gates.js';
import type { RateBounds } from './widening-bounds.js';

/**
 * Mean over the blocks of the squared distance by which a rate exceeds its bounds; 0 if all rates are within them.
 *
 * Prevents blocks from closing or opening completely. The rate is a block's mean over its sub-blocks: a block that
 * keeps one of two sub-blocks always open and the other always closed has a rate of 0.5 and is not penalised.
 *
 * @param rates - `[L]`, see {@link executionRates}.
 * @param bounds - the same for every block, see {@link wideningBounds}.
 * @returns a scalar ≥ 0, not weighted. The caller disposes it.
 * @throws DmnnError `DMNN_LOSS` if `rates` is not a vector. RangeError unless 0 ≤ lower ≤ upper ≤ 1.
 * @see Verelst & Tuytelaars 2020 (arXiv 1912.03203) §3.3.
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { boundsLoss } from '@dmnn/losses';
 *
 * await tf.setBackend('cpu');
 * const loss = boundsLoss(tf.tensor1d([0.2, 0.5, 1]), { lower: 0.3, upper: 0.8 }); // (0.01 + 0 + 0.04) / 3
 * console.log(loss.dataSync()[0]?.toFixed(4)); // => 0.0167
 * ```
 */
export function boundsLoss(rates: tf.Tensor1D, bounds: RateBounds): tf.Scalar {
  assertRates(rates);
  assertRecord('bounds', bounds, 'an object with lower and upper');
  const { lower, upper } = bounds;
  if (!(lower >= 0 && lower <= upper && upper <= 1)) {
    throw new RangeError(`bounds: expected 0 <= lower <= upper <= 1, got ${lower} and ${upper}`);
  }
  return tf.tidy(() => {
    const above = tf.relu(tf.sub(rates, upper));
    const below = tf.relu(tf.sub(lower, rates));
    return tf.mean<tf.Scalar>(tf.add(tf.square(above), tf.square(below)));
  });
}
