import * as tf from '@tensorflow/tfjs-core';
import { channelSum } from './channel-sum.js';
import { customGradient } from './custom-operation.js';

/**
 * x + bias: `[B, H, W, C]` and `[C]`. Keeps nothing for its gradient; that of the bias is a sum over images and pixels,
 * as products with ones.
 *
 * @returns `[B, H, W, C]`; the caller disposes it
 */
export function addBias(x: tf.Tensor4D, bias: tf.Tensor1D): tf.Tensor4D {
  return customGradient([x, bias], ([x, bias]) => ({
    value: tf.add<tf.Tensor4D>(x, bias),
    gradFunc: (dy: tf.Tensor4D): [tf.Tensor4D, tf.Tensor1D] => [dy, channelSum(dy)],
  }));
}
