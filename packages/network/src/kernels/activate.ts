import { type Activation, type Clip, isClip } from '@dmnn/architecture';
import type * as tf from '@tensorflow/tfjs-core';
import { hardSwish } from './hard-swish.js';
import { relu } from './relu.js';
import { relu6 } from './relu6.js';

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
