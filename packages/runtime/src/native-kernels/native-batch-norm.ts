import * as tf from '@tensorflow/tfjs-core';

import {
  bool,
  float,
  floatType,
  type NativeBackend,
  type OperationAttribute,
  text,
} from '../backend/native-backend.js';

function attributes(backend: NativeBackend, epsilon: number): OperationAttribute[] {
  return [
    floatType(backend),
    floatType(backend, 'U'),
    float(backend, 'epsilon', epsilon),
    bool(backend, 'is_training', true),
    text(backend, 'data_format', 'NHWC'),
  ];
}

/** TensorFlow's fused operations take four dimensions; the statistics are over all but the last anyway. */
function fourDimensions(x: tf.TensorInfo): tf.Tensor {
  const tensor = x as tf.Tensor;
  return x.shape.length === 4 ? tensor : tf.reshape(tensor, [1, 1, -1, x.shape.at(-1) as number]);
}

/** Forward: `{x [..., C], scale [C], offset [C]}` → `[y, mean [C], biased variance [C]]`, by `FusedBatchNormV3`. */
export const nativeBatchNormTrain: tf.KernelConfig = {
  kernelName: 'DmnnBatchNormTrain',
  backendName: 'tensorflow',
  kernelFunc: ({ inputs, backend, attrs }) =>
    tf.tidy(() => {
      const native = backend as NativeBackend;
      const { x, scale, offset } = inputs as {
        x: tf.TensorInfo;
        scale: tf.TensorInfo;
        offset: tf.TensorInfo;
      };
      const none = tf.tensor1d([], 'float32'); // no moving statistics come in
      const outputs = native.executeMultipleOutputs(
        'FusedBatchNormV3',
        attributes(native, (attrs as { epsilon: number }).epsilon),
        [fourDimensions(x), scale, offset, none, none],
        6,
      );
      // 1 and 2 are the statistics for moving averages, with n − 1; 3 and 4 what the gradient wants, with n
      const [y, , , mean, variance] = outputs as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      return [tf.reshape(y, x.shape), mean, variance];
    }),
};

/** Backward: `{dy, x, scale, mean, variance}` → `[dx, dscale, doffset]`, by `FusedBatchNormGradV3`. */
export const nativeBatchNormTrainGrad: tf.KernelConfig = {
  kernelName: 'DmnnBatchNormTrainGrad',
  backendName: 'tensorflow',
  kernelFunc: ({ inputs, backend, attrs }) =>
    tf.tidy(() => {
      const native = backend as NativeBackend;
      const { dy, x, scale, mean, variance } = inputs as Record<
        'dy' | 'x' | 'scale' | 'mean' | 'variance',
        tf.TensorInfo
      >;
      const none = tf.tensor1d([], 'float32'); // the sixth is cuDNN's
      const [dx, dscale, doffset] = native.executeMultipleOutputs(
        'FusedBatchNormGradV3',
        attributes(native, (attrs as { epsilon: number }).epsilon),
        [fourDimensions(dy), fourDimensions(x), scale, mean, variance, none],
        5,
      ) as [tf.Tensor, tf.Tensor, tf.Tensor];
      return [tf.reshape(dx, x.shape), dscale, doffset];
    }),
};
