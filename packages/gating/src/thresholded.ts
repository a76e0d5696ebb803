import { assertRecord } from '@dmnn/foundation';
import * as tf from '@tensorflow/tfjs-core';
import { assertGateLogits, decided } from './gate-logits.js';
import type { GatePolicy } from './gate-policy.js';

/**
 * The policy for inference under another budget: opens a sub-block if the softmax probability of on is at least
 * `threshold`.
 *
 * One trained network serves a range of costs: 0 opens everything, a higher threshold opens fewer sub-blocks, never one
 * that a lower one keeps closed. 0.5 equals {@link likeliest} except for equal logits, which it opens. It compares
 * on − off ≥ log(threshold / (1 − threshold)), which does not saturate near 0 and 1 as the probability does; so 1
 * closes everything.
 *
 * @param options - `threshold`, in [0, 1].
 * @returns a policy without noise and without gradient.
 * @throws RangeError if the threshold is outside [0, 1]. The policy throws DmnnError `DMNN_GATING` if logits are not
 *   `[B, N, 2]` or there is not one sample key per image.
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { thresholded } from '@dmnn/gating';
 *
 * await tf.setBackend('cpu');
 * const logits = tf.tensor3d([[[0, 1], [0, 0.2], [0, -1]]]); // p(on) = 0.73, 0.55 and 0.27
 * const opens = (threshold: number) =>
 *   thresholded({ threshold })(logits, { blockIndex: 0, sampleKeys: [41] }).dataSync().join();
 * console.log(opens(0.2), opens(0.5), opens(0.7)); // => 1,1,1 1,1,0 1,0,0
 * ```
 */
export function thresholded(options: { readonly threshold: number }): GatePolicy {
  assertRecord('options', options, 'an object with threshold');
  const { threshold } = options;
  if (!(threshold >= 0 && threshold <= 1)) {
    throw new RangeError(`threshold: expected a probability in [0, 1], got ${threshold}`);
  }
  const least = Math.log(threshold) - Math.log1p(-threshold);
  return (logits, at) => {
    assertGateLogits(logits, at);
    return decided(logits, (logOdds) => tf.greaterEqual(logOdds, least));
  };
}
