import * as tf from '@tensorflow/tfjs-core';

import { floatType, integers, type NativeBackend, text } from '../backend/native-backend.js';
import { type PoolAttributes, poolSizes } from '../pool-attributes.js';

/**
 * Max pooling and its gradient with padding in numbers, which tfjs-node refuses although TensorFlow has it.
 *
 * What tfjs-node accepts goes to its own kernels, which are asked for when this function is called.
 */
export function nativeMaxPools(): tf.KernelConfig[] {
  return ['MaxPool', 'MaxPoolGrad'].map((operation) => {
    const stock = tf.getKernel(operation, 'tensorflow').kernelFunc;
    return {
      kernelName: operation,
      backendName: 'tensorflow',
      kernelFunc: (call) => {
        const { inputs, backend, attrs } = call;
        const attributes = attrs as unknown as PoolAttributes;
        const { pad } = attributes;
        if (typeof pad === 'string' || pad === 0) return stock(call);
        const { x, dy, input, output } = inputs as Readonly<Record<string, tf.TensorInfo>>;
        const image = (x ?? input) as tf.TensorInfo;
        const info = poolSizes(attributes, image);
        const { top, bottom, left, right } = info.padInfo;
        const native = backend as NativeBackend;
        return native.executeSingleOutput(
          operation,
          [
            floatType(native),
            integers(native, 'ksize', [1, info.filterHeight, info.filterWidth, 1]),
            integers(native, 'strides', [1, info.strideHeight, info.strideWidth, 1]),
            text(native, 'data_format', 'NHWC'),
            text(native, 'padding', 'EXPLICIT'),
            integers(native, 'explicit_paddings', [0, 0, top, bottom, left, right, 0, 0]),
          ],
          (dy === undefined ? [image] : [image, output, dy]) as tf.TensorInfo[],
        );
      },
    };
  });
}
