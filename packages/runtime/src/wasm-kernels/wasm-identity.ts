import type * as tf from '@tensorflow/tfjs-core';

import type { WasmKernel } from './wasm-kernel.js';

/**
 * A second reference to the same numbers, as on every other backend; tfjs-backend-wasm copies them, and gradients ask
 * for many identities.
 */
export const wasmIdentity: WasmKernel = {
  kernelName: 'Identity',
  kernelFunc: ({ inputs, backend }) => {
    const { x } = inputs as { x: tf.TensorInfo };
    backend.incRef(x.dataId);
    return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
  },
};
