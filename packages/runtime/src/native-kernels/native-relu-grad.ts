import type * as tf from '@tensorflow/tfjs-core';

import { floatType, type NativeBackend } from '../backend/native-backend.js';

/** One kernel that is one operation of TensorFlow on (gradient, activation). */
function activationGradient(kernelName: string, operation: string): tf.KernelConfig {
  return {
    kernelName,
    backendName: 'tensorflow',
    kernelFunc: ({ inputs, backend }) => {
      const native = backend as NativeBackend;
      const { dy, y } = inputs as { dy: tf.TensorInfo; y: tf.TensorInfo };
      return native.executeSingleOutput(operation, [floatType(native)], [dy, y]);
    },
  };
}

/** `{dy, y}` → dy where y > 0, else 0. */
export function nativeReluGrad(): tf.KernelConfig {
  return activationGradient('DmnnReluGrad', 'ReluGrad');
}

/** `{dy, y}` → dy where 0 < y < 6, else 0. */
export function nativeRelu6Grad(): tf.KernelConfig {
  return activationGradient('DmnnRelu6Grad', 'Relu6Grad');
}
