import * as tf from '@tensorflow/tfjs-core';

import { BackendError } from './backend-error.js';
import type { NativeBackend } from './native-backend.js';
import { nativeBatchNormTrain, nativeBatchNormTrainGrad } from './native-batch-norm.js';
import { nativeConvolutions } from './native-convolution.js';
import { nativeMaxPools } from './native-max-pool.js';
import { nativeRelu6Grad, nativeReluGrad } from './native-relu-grad.js';
import { hasBackend, hasKernel } from './registered.js';
import { replaceKernel } from './replace-kernel.js';

/**
 * Registers TensorFlow's own fused operations for the backend `tensorflow`, which tfjs-node composes of many others
 * or refuses: batch normalisation with its gradient, the gradients of ReLU and ReLU6, and padding in numbers for
 * convolutions and max pooling. A second call does nothing.
 *
 * @throws BackendError if tfjs-node has not been loaded.
 */
export function registerNativeKernels(): void {
  if (hasKernel('DmnnReluGrad', 'tensorflow')) return;
  if (!hasBackend('tensorflow')) {
    throw new BackendError(
      "backend: expected tfjs-node to be loaded, got none. Call chooseBackend({ prefer: 'native' }), which loads it.",
    );
  }
  const backend = tf.findBackend('tensorflow') as NativeBackend;
  // cuDNN keeps other numbers between the two directions than the CPU does
  if (!backend.isUsingGpuDevice) {
    replaceKernel(nativeBatchNormTrain);
    replaceKernel(nativeBatchNormTrainGrad);
  }
  replaceKernel(nativeReluGrad());
  replaceKernel(nativeRelu6Grad());
  for (const kernel of [...nativeConvolutions(), ...nativeMaxPools()]) replaceKernel(kernel);
}
