import * as tf from '@tensorflow/tfjs-core';

import { backendError } from '../backend/backend-error.js';
import { freeingOnFailure, guardWasmMemory } from '../backend/wasm-memory.js';
import { hasKernel, replaceKernel } from '../backend/registered.js';
import { wasmBatchNormTrain, wasmBatchNormTrainGrad } from './wasm-batch-norm.js';
import { wasmConvolutions } from './wasm-convolution.js';
import type { WasmKernel, WasmKernelCall } from './wasm-kernel.js';
import { wasmNormSum, wasmNormSumGrad } from './wasm-norm-sum.js';
import { wasmIdentity, wasmMatrixProduct, wasmOneHot, wasmRelus, wasmSlice } from './wasm-replacements.js';
import { wasmUnsortedSegmentSum } from './wasm-unsorted-segment-sum.js';

/** All of them. None of their code runs before the kernel does. */
const kernels: readonly WasmKernel[] = [
  wasmBatchNormTrain,
  wasmBatchNormTrainGrad,
  ...wasmConvolutions,
  wasmIdentity,
  wasmMatrixProduct,
  wasmNormSum,
  wasmNormSumGrad,
  wasmOneHot,
  ...wasmRelus,
  wasmSlice,
  wasmUnsortedSegmentSum,
];

/**
 * Registers kernels for training that tfjs-backend-wasm lacks, or that are slow or wrong in it: the gradients of
 * convolutions and of `gather`, batch normalisation alone and with the operations that follow it, ReLU that propagates
 * NaN, one-hot vectors of floats. A second call does nothing.
 *
 * They run in WebAssembly on the tensors in place, on one thread unless {@link chooseBackend} started the
 * backend. Results do not depend on the number of threads.
 *
 * @throws DmnnError `DMNN_BACKEND` if tfjs-backend-wasm has not been imported.
 */
export function registerWasmKernels(): void {
  if (hasKernel('DmnnReluGrad', 'wasm')) return;
  if (!hasKernel('Conv2D', 'wasm')) {
    throw backendError(
      "backend: expected tfjs-backend-wasm to be imported, got none. Call chooseBackend({ prefer: 'wasm' }), which imports it.",
    );
  }
  for (const { kernelName, kernelFunc } of kernels) {
    // none for names of ours, whose kernels do not ask for it
    const stock = hasKernel(kernelName, 'wasm') ? tf.getKernel(kernelName, 'wasm') : undefined;
    replaceKernel({
      ...stock, // its set-up too, which its function needs
      kernelName,
      backendName: 'wasm',
      kernelFunc: (call) => {
        const own = call as WasmKernelCall;
        guardWasmMemory(own.backend);
        return freeingOnFailure(own.backend, () => kernelFunc(own, stock?.kernelFunc as tf.KernelFunc));
      },
    });
  }
}
