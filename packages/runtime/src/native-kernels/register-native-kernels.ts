import * as tf from '@tensorflow/tfjs-core';

import { backendError } from '../backend/backend-error.js';
import type { NativeBackend } from '../backend/native-backend.js';
import { nativeBatchNormTrain, nativeBatchNormTrainGrad } from './native-batch-norm.js';
import { nativeConvolutions } from './native-convolution.js';
import { nativeMaxPoolGrad } from './native-max-pool-grad.js';
import { nativeMaxPools } from './native-max-pool.js';
import type { NativeOperations } from '../install/native-operations.js';
import { nativeNormSum, nativeNormSumGrad } from './native-norm-sum.js';
import { nativePackedConvolution, nativePackFilter } from './native-packed-convolution.js';
import { nativePointwiseSum, nativePointwiseSumGrad } from './native-pointwise-sum.js';
import { nativeRelu6Grad, nativeReluGrad } from './native-relu-grad.js';
import { nativeMoveAverages, nativeSgd, nativeSumsOfSquares } from './native-variables.js';
import { hasBackend, hasKernel, replaceKernel } from '../backend/registered.js';

/** Options of {@link registerNativeKernels}. */
export interface NativeKernelOptions {
  /**
   * The operations that {@link installNativeBackend} compiles, if they are in the process, which {@link chooseBackend}
   * sees to.
   *
   * @defaultValue none
   */
  readonly operations?: NativeOperations | undefined;
}

/**
 * Registers fast kernels for the backend `tensorflow`. A second call does nothing.
 *
 * TensorFlow's own fused operations, which tfjs-node composes of many others or refuses: batch normalisation with its
 * gradient, the gradients of ReLU and ReLU6, and padding in numbers for convolutions and max pooling. And, where they
 * were compiled, operations of our own: batch norms, gates, sum and activation in one (`DmnnNormSum`), the last 1×1
 * convolutions of sub-blocks with them (`DmnnPointwiseSum`), the step of the
 * optimiser and of moving averages over all variables (`DmnnSgd`, `DmnnMoveAverages`), sums of squares,
 * the gradient of max pooling, and convolutions whose filters are laid out once (`DmnnConvolution`).
 *
 * @throws DmnnError `DMNN_BACKEND` if tfjs-node has not been loaded.
 */
export function registerNativeKernels({ operations }: NativeKernelOptions = {}): void {
  if (hasKernel('DmnnReluGrad', 'tensorflow')) return;
  if (!hasBackend('tensorflow')) {
    throw backendError(
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
  if (operations && !backend.isUsingGpuDevice) {
    for (const kernel of [
      nativeNormSum,
      nativeNormSumGrad,
      nativePointwiseSum,
      nativePointwiseSumGrad,
      nativeSgd,
      nativeMoveAverages,
      nativeSumsOfSquares,
      nativeMaxPoolGrad,
      ...(operations.fastConvolution ? [nativePackFilter, nativePackedConvolution] : []),
    ]) {
      replaceKernel(kernel);
    }
  }
}
