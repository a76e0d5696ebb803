import * as tf from '@tensorflow/tfjs-core';

import { integers, type NativeBackend } from './native-backend.js';

/** The gradient of max pooling by our own operation: a window's goes to its first largest pixel, as in PyTorch. */
export const nativeMaxPoolGrad: tf.KernelConfig = {
  kernelName: 'MaxPoolGrad',
  backendName: 'tensorflow',
  kernelFunc: ({ inputs, backend, attrs }) => {
    const native = backend as NativeBackend;
    const { dy, input, output } = inputs as Record<'dy' | 'input' | 'output', tf.TensorInfo>;
    const { filterSize, strides, pad, dimRoundingMode } = attrs as unknown as {
      readonly filterSize: [number, number] | number;
      readonly strides: [number, number] | number;
      readonly pad: 'valid' | 'same' | number | tf.backend_util.ExplicitPadding;
      readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
    };
    const shape = input.shape as [number, number, number, number];
    const info = tf.backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
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
