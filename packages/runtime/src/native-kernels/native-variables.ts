import type * as tf from '@tensorflow/tfjs-core';

import { integer, type NativeBackend } from '../backend/native-backend.js';
import { numberedInputs } from '../numbered-inputs.js';

/**
 * A step of stochastic gradient descent over many variables at once: `{value0 …, gradient0 …, velocity0 …, decays [N],
 * rates [2]}`, rates being learning rate and momentum → `[value0 …, velocity0 …]`, new tensors.
 */
export const nativeSgd: tf.KernelConfig = {
  kernelName: 'DmnnSgd',
  backendName: 'tensorflow',
  kernelFunc: ({ inputs, backend, attrs }) => {
    const native = backend as NativeBackend;
    const { variables, nesterov } = attrs as unknown as { variables: number; nesterov: boolean };
    return native.executeMultipleOutputs(
      'DmnnSgd',
      [integer(native, 'N', variables), integer(native, 'nesterov', nesterov ? 1 : 0)],
      [
        ...['value', 'gradient', 'velocity'].flatMap((name) => numberedInputs(inputs, name, variables)),
        inputs['decays'] as tf.TensorInfo,
        inputs['rates'] as tf.TensorInfo,
      ],
      2 * variables,
    );
  },
};

/** A step of moving averages: `{average0 …, latest0 …, factors [N, 2]}` → `[average0 · factor + latest0 · factor, …]`. */
export const nativeMoveAverages: tf.KernelConfig = {
  kernelName: 'DmnnMoveAverages',
  backendName: 'tensorflow',
  kernelFunc: ({ inputs, backend, attrs }) => {
    const native = backend as NativeBackend;
    const { averages } = attrs as unknown as { averages: number };
    return native.executeMultipleOutputs(
      'DmnnMoveAverages',
      [integer(native, 'N', averages)],
      [
        ...['average', 'latest'].flatMap((name) => numberedInputs(inputs, name, averages)),
        inputs['factors'] as tf.TensorInfo,
      ],
      averages,
    );
  },
};

/** `{x0 …}` → `[N]`, the sum of squares of each. */
export const nativeSumsOfSquares: tf.KernelConfig = {
  kernelName: 'DmnnSumsOfSquares',
  backendName: 'tensorflow',
  kernelFunc: ({ inputs, backend, attrs }) => {
    const native = backend as NativeBackend;
    const { tensors } = attrs as unknown as { tensors: number };
    return native.executeSingleOutput(
      'DmnnSumsOfSquares',
      [integer(native, 'N', tensors)],
      numberedInputs(inputs, 'x', tensors),
    );
  },
};
