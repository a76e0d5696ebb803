import * as tf from '@tensorflow/tfjs-core';
import { releaseAfterGradient } from './recorded.js';

/** Value and gradient of an operation of several tensors. */
export interface WithGradient<I extends readonly tf.Tensor[], O extends tf.Tensor> {
  readonly value: O;
  /** Upstream gradient and what was saved → one gradient for each input. Must not capture tensors. */
  readonly gradFunc: (dy: O, saved: readonly tf.Tensor[]) => { readonly [K in keyof I]: tf.Tensor };
}

/**
 * `tf.customGrad` with types: runs an operation whose gradient is written out.
 *
 * Once a gradient has been computed, what was saved for it is freed, and the upstream gradient of a map too: tfjs keeps
 * both until the whole backward pass is over, which costs a third of its memory.
 *
 * @param inputs - every tensor that has a gradient: a captured tensor silently gets none
 * @param operation - receives the inputs, and a function that keeps tensors for the gradient (call it once at most)
 */
export function customGradient<const I extends readonly tf.Tensor[], O extends tf.Tensor>(
  inputs: I,
  operation: (inputs: I, save: (tensors: tf.Tensor[]) => void) => WithGradient<I, O>,
): O {
  const run = tf.customGrad((...args) => {
    const save = args.pop() as unknown as (tensors: tf.Tensor[]) => void;
    const { value, gradFunc } = operation(args as unknown as I, save);
    return {
      value,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const gradients = [...gradFunc(dy as O, saved)];
        release(dy, saved, gradients);
        return gradients;
      },
    };
  });
  return run(...inputs);
}

/** Maps `[B, H, W, C]` never leave a network, so nothing else holds their gradients; vectors and states may leave it. */
const MAP_RANK = 4;

function release(dy: tf.Tensor, saved: readonly tf.Tensor[], gradients: readonly tf.Tensor[]): void {
  const ours = dy.rank === MAP_RANK && !gradients.includes(dy);
  releaseAfterGradient(ours ? [...saved, dy] : saved);
}
