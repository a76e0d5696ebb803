import type { Activation } from '@dmnn/architecture';
import type * as tf from '@tensorflow/tfjs-core';
import { relu } from '../kernels/relu.js';
import { relu6 } from '../kernels/relu6.js';

/** The activation of that name; `none` gives `x` itself, not a copy. */
export function activate<T extends tf.Tensor>(x: T, activation: Activation): T {
  switch (activation) {
    case 'none':
      return x;
    case 'relu':
      return relu(x);
    case 'relu6':
      return relu6(x);
    default:
      return activation satisfies never;
  }
}
