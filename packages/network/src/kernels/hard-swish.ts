import * as tf from '@tensorflow/tfjs-core';
import { customGradient } from './custom-operation.js';

/**
 * x · min(max(x + 3, 0), 6) / 6, with a gradient that keeps only x.
 *
 * The gradient at −3 is 0 and at 3 is 1, as in PyTorch.
 *
 * @returns of `x`'s shape; the caller disposes it
 * @see Howard et al. 2019 (arXiv 1905.02244) §5.2
 */
export function hardSwish<T extends tf.Tensor>(x: T): T {
  return customGradient([x], ([x], save) => {
    const y = tf.tidy(() => tf.div<T>(tf.mul(x, tf.relu6(tf.add(x, 3))), 6));
    save([x]);
    return { value: y, gradFunc: (dy, [x]) => [hardSwishGrad(dy, x as T)] };
  });
}

function hardSwishGrad(dy: tf.Tensor, x: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const between = tf.div(tf.add(tf.mul(x, 2), 3), 6);
    // a comparison with NaN is false, so NaN reaches the result through `between`
    const right = tf.where(tf.greaterEqual(x, 3), tf.onesLike(x), between);
    return tf.mul(dy, tf.where(tf.lessEqual(x, -3), tf.zerosLike(x), right));
  });
}
