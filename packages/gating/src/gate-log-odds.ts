import { assertTensor } from '@dmnn/foundation';
import * as tf from '@tensorflow/tfjs-core';
import { OFF, ON } from './choice.js';

/**
 * Log-odds of open gates: log p(on) / p(off), which is on minus off.
 *
 * @param logits - `[B, N, 2]`: image, sub-block, (off, on)
 * @returns `[B, N]`. The caller disposes it.
 * @example
 * ```ts
 * import '@tensorflow/tfjs';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { gateLogOdds } from '@dmnn/gating';
 *
 * await tf.setBackend('cpu');
 * console.log(gateLogOdds(tf.tensor3d([[[1, 3]]])).dataSync()[0]); // => 2
 * ```
 */
export function gateLogOdds(logits: tf.Tensor3D): tf.Tensor2D {
  assertTensor('logits', logits, 'a tensor [B, N, 2]');
  return tf.tidy(() => {
    const column = (k: number) => tf.squeeze<tf.Tensor2D>(tf.slice(logits, [0, 0, k], [-1, -1, 1]), [2]);
    return tf.sub<tf.Tensor2D>(column(ON), column(OFF));
  });
}
