import * as tf from '@tensorflow/tfjs-core';

import { replaceKernel } from './replace-kernel.js';
import { wasmBatchNormTrain, wasmBatchNormTrainGrad } from './wasm-batch-norm.js';
import { wasmConvolutions } from './wasm-convolution.js';
import { wasmRelu6Grad, wasmReluGrad } from './wasm-relu-grad.js';

/**
 * Registers what training needs and tfjs-backend-wasm lacks or has slow. A second call does nothing.
 */
export function registerWasmKernels(): void {
  if (tf.getKernel('DmnnReluGrad', 'wasm') !== undefined) return;
  replaceKernel(wasmReluGrad());
  replaceKernel(wasmRelu6Grad());
  replaceKernel(wasmBatchNormTrain);
  replaceKernel(wasmBatchNormTrainGrad);
  for (const kernel of wasmConvolutions()) replaceKernel(kernel);
}
