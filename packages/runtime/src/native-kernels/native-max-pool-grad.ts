import type * as tf from '@tensorflow/tfjs-core';

import { integers, type NativeBackend } from '../backend/native-backend.js';
import { type PoolAttributes, poolSizes } from '../pool-attributes.js';

/** The gradient of max pooling by our own operation: a window's goes to its first largest pixel, as in PyTorch. */
export const nativeMaxPoolGrad: tf.KernelConfig = {
  kernelName: 'MaxPoolGrad',
  backendName: 'tensorflow',
  kernelFunc: ({ inputs, backend, attrs }) => {
    const native = backend as NativeBackend;
    const { dy, input, output } = inputs as Record<'dy' | 'input' | 'output', tf.TensorInfo>;
    const info = poolSizes(attrs as unknown as PoolAttributes, input);
    return native.executeSingleOutput(
      'DmnnMaxPoolGrad',
      [
        integers(native, 'window', [info.filterHeight, info.filterWidth]),
        integers(native, 'strides', [info.strideHeight, info.strideWidth]),
        integers(native, 'before', [info.padInfo.top, info.padInfo.left]),
      ],
      [input, output, dy],
    );
  },
};
