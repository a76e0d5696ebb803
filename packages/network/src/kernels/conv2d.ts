import * as tf from '@tensorflow/tfjs-core';
import { hasKernel, runKernel, recorded, releaseAfterGradient } from './custom-operation.js';

/**
 * `tf.conv2d` with a gradient that frees what it no longer needs: the input that was kept, and the upstream gradient.
 *
 * The gradient towards `x` is computed only if something before it is trained.
 *
 * @param x - `[B, H, W, Cin]`
 * @param filter - `[k, k, Cin, Cout]`
 * @returns `[B, H', W', Cout]`; the caller disposes it
 */
export function conv2d(
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  strides: number,
  pad: 'same' | 'valid',
): tf.Tensor4D {
  // a backend that lacks them has them in tf.conv2d's gradient, or nowhere: its message is the better one
  if (!hasKernel('Conv2DBackpropInput') || !hasKernel('Conv2DBackpropFilter')) {
    return tf.conv2d(x, filter, strides, pad);
  }
  const [inputShape, filterShape] = [x.shape, filter.shape];
  const attributes = { strides, pad, dataFormat: 'NHWC' } as const;
  const [y] = recorded({
    inputs: { x, filter },
    forward: (save) => {
      const y = tf.conv2d(x, filter, strides, pad);
      save([x, filter]); // only now: what is kept for an operation that fails, nobody frees
      return [y];
    },
    backward: ([dy], saved) => {
      const [x, filter] = saved as [tf.Tensor4D, tf.Tensor4D];
      return {
        x: () =>
          runKernel(
            'Conv2DBackpropInput',
            { dy: dy as tf.Tensor, filter },
            { ...attributes, inputShape },
          )[0] as tf.Tensor,
        // the tape asks in this order, so that the filter's is the last that needs them
        filter: () => {
          const gradient = runKernel(
            'Conv2DBackpropFilter',
            { x, dy: dy as tf.Tensor },
            { ...attributes, filterShape },
          )[0] as tf.Tensor;
          releaseAfterGradient([x, filter, dy as tf.Tensor]);
          return gradient;
        },
      };
    },
  });
  return y as tf.Tensor4D;
}
