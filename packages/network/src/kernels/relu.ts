import * as tf from '@tensorflow/tfjs-core';
import { customGradient } from './custom-gradient.js';
import { hasKernel, runKernel } from './named-kernel.js';

/**
 * max(x, 0), with a gradient that keeps the result and not the input.
 *
 * The next layer keeps the result anyway. Backwards it runs the kernel `DmnnReluGrad` where one is registered.
 * The gradient at 0 is 0, as in PyTorch.
 *
 * @returns of `x`'s shape; the caller disposes it
 */
export function relu<T extends tf.Tensor>(x: T): T {
  return customGradient([x], ([x], save) => {
    const y = tf.relu<T>(x);
    save([y]);
    return { value: y, gradFunc: (dy, [y]) => [reluGrad(dy, y as T)] };
  });
}

function reluGrad(dy: tf.Tensor, y: tf.Tensor): tf.Tensor {
  if (hasKernel('DmnnReluGrad')) return runKernel('DmnnReluGrad', { dy, y })[0] as tf.Tensor;
  return tf.tidy(() => tf.mul(dy, tf.step(y)));
}
