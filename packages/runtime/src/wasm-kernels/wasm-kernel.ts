import type * as tf from '@tensorflow/tfjs-core';

import type { WasmBackend } from '../backend/wasm-backend.js';

/** What a kernel is called with, here by the wasm backend. */
export type WasmKernelCall = Omit<Parameters<tf.KernelFunc>[0], 'backend'> & {
  readonly backend: WasmBackend;
};

/** A kernel of ours for the wasm backend: plain data, registered by `registerWasmKernels`. */
export interface WasmKernel {
  readonly kernelName: string;
  /** `stock` is tfjs-backend-wasm's own kernel of that name, for calls that it handles well. */
  readonly kernelFunc: (call: WasmKernelCall, stock: tf.KernelFunc) => tf.TensorInfo | tf.TensorInfo[];
}
