import type { MaxPool } from '@dmnn/architecture';
import * as tf from '@tensorflow/tfjs-core';
import { symmetricPadding } from './symmetric-padding.js';

/**
 * Maximum over a sliding window, padded with −∞ on all sides.
 *
 * @param x - `[B, H, W, C]`
 * @returns `[B, H', W', C]`; the caller disposes it
 */
export function maxPool(x: tf.Tensor4D, pool: MaxPool): tf.Tensor4D {
  return tf.tidy(() => {
    const { padded, pad } = symmetricPadding(x, pool, -Infinity);
    return tf.maxPool(padded, pool.kernelSize, pool.stride, pad);
  });
}
