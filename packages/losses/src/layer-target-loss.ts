import { assertList } from '@dmnn/foundation';
import * as tf from '@tensorflow/tfjs-core';
import { assertRates } from './gates.js';
import { lossError } from './loss-error.js';
import { assertTarget } from './target.js';

/**
 * ConvNet-AIG's loss with a separate target for each block: Σ over blocks with t_l < 1 of (t_l − r_l)², over L.
 *
 * As in its authors' code, a block with t_l = 1 adds nothing to the sum but counts in the divisor L. Note that the loss
 * does not keep such a block open: give it no gate, or always run it.
 *
 * @param rates - `[L]`, see {@link executionRates}.
 * @param targets - t_l in (0, 1], one for each block.
 * @returns a scalar ≥ 0, not weighted. The caller disposes it.
 * @throws DmnnError `DMNN_LOSS` if there is not one target per rate. RangeError if a target is outside (0, 1].
 * @see Veit & Belongie 2018 (arXiv 1711.11503) §3.3; `train_img.py` of andreasveit/convnet-aig.
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { layerTargetLoss } from '@dmnn/losses';
 *
 * await tf.setBackend('cpu');
 * const loss = layerTargetLoss(tf.tensor1d([0.9, 0.5]), [1, 0.7]); // (0.7 − 0.5)² / 2
 * console.log(loss.dataSync()[0]?.toFixed(4)); // => 0.0200
 * ```
 */
export function layerTargetLoss(rates: tf.Tensor1D, targets: readonly number[]): tf.Scalar {
  assertRates(rates);
  assertList('targets', targets, 'a target for each rate');
  if (targets.length !== rates.size) {
    throw lossError(
      'targets',
      `${rates.size}, one for each rate`,
      `${targets.length}`,
      'Pass one target for every block.',
    );
  }
  targets.forEach((target, l) => {
    assertTarget(target, `targets[${l}]`);
  });
  return tf.tidy(() => {
    const counted = tf.tensor1d(targets.map((target) => (target < 1 ? 1 : 0)));
    return tf.mean<tf.Scalar>(tf.mul(counted, tf.square(tf.sub(rates, tf.tensor1d([...targets])))));
  });
}
