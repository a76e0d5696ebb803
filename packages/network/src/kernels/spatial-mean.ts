import * as tf from '@tensorflow/tfjs-core';
import { customGradient } from './custom-operation.js';

/**
 * Global average pooling: the mean of each channel over height and width, `[B, H, W, C]` → `[B, C]`.
 *
 * As one window over the whole map, which no backend transposes the map for. Keeps nothing for its gradient.
 *
 * @returns `[B, C]`; the caller disposes it
 * @see DMNN §3.2 Eq. 5
 */
export function spatialMean(x: tf.Tensor4D): tf.Tensor2D {
  return customGradient([x], ([x]) => {
    const [images, height, width, channels] = x.shape;
    const pixels = height * width;
    // a window of one pixel is nothing to pool, and XNNPACK refuses it
    const means = pixels === 1 ? x : tf.avgPool<tf.Tensor4D>(x, [height, width], 1, 'valid');
    return {
      value: tf.reshape<tf.Rank.R2>(means, [images, channels]),
      gradFunc: (dy) => [
        tf.tidy(() =>
          tf.mul(tf.reshape(dy, [images, 1, 1, channels]), tf.fill([1, height, width, 1], 1 / pixels)),
        ),
      ],
    };
  });
}
