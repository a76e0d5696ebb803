import { type Activation, type Clip, isClip } from '@dmnn/architecture';
import * as tf from '@tensorflow/tfjs-core';
import { hardSwish } from './hard-swish.js';
import { customGradient, hasKernel, runKernel } from './custom-operation.js';

const functions: { readonly [name in Activation]: <T extends tf.Tensor>(x: T) => T } = {
  none: (x) => x,
  relu,
  relu6,
  'hard-swish': hardSwish,
};

/** tfjs's names of the activations that its fused convolutions support. */
const fused: { readonly [name in Clip]: 'linear' | 'relu' | 'relu6' } = {
  none: 'linear',
  relu: 'relu',
  relu6: 'relu6',
};

/** Applies an activation; `none` returns `x` itself, not a copy. */
export function activate<T extends tf.Tensor>(x: T, activation: Activation): T {
  return functions[activation](x);
}

/** tfjs's name of an activation, if its fused convolutions support it; otherwise undefined. */
export function fusedName(activation: Activation): 'linear' | 'relu' | 'relu6' | undefined {
  return isClip(activation) ? fused[activation] : undefined;
}

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
