import * as tf from '@tensorflow/tfjs-core';
import { customGradient } from './custom-gradient.js';

/**
 * Global average pooling: the mean of each channel over height and width, `[B, H, W, C]` → `[B, C]`.
 *
 * As a product with a row of 1/(H·W): no backend transposes the map for it. Keeps nothing for its gradient.
 *
 * @returns `[B, C]`; the caller disposes it
 * @see DMNN §3.2 Eq. 5
 */
export function spatialMean(x: tf.Tensor4D): tf.Tensor2D {
  return customGradient([x], ([x]) => {
    const [images, height, width, channels] = x.shape;
    const pixels = height * width;
    const row = tf.fill([1, 1, pixels], 1 / pixels);
    const means = tf.matMul(row, tf.reshape(x, [images, pixels, channels]));
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
