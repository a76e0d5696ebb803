import * as tf from '@tensorflow/tfjs-core';
import { customGradient } from './custom-gradient.js';
import { hasKernel, runKernel } from './named-kernel.js';

/**
 * min(max(x, 0), 6), with a gradient that keeps the result and not the input.
 *
 * Backwards it runs the kernel `DmnnRelu6Grad` where one is registered. The gradient at 0 and at 6 is 0, as in PyTorch.
 *
 * @returns of `x`'s shape; the caller disposes it
 */
export function relu6<T extends tf.Tensor>(x: T): T {
  return customGradient([x], ([x], save) => {
    const y = tf.relu6<T>(x);
    save([y]);
    return { value: y, gradFunc: (dy, [y]) => [relu6Grad(dy, y as T)] };
  });
}

function relu6Grad(dy: tf.Tensor, y: tf.Tensor): tf.Tensor {
  if (hasKernel('DmnnRelu6Grad')) return runKernel('DmnnRelu6Grad', { dy, y })[0] as tf.Tensor;
  return tf.tidy(() => tf.mul(dy, tf.mul(tf.step(y), tf.step(tf.sub(6, y)))));
}
