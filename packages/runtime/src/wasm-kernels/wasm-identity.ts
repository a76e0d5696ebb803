import type * as tf from '@tensorflow/tfjs-core';

interface CountingBackend {
  incRef(dataId: tf.DataId): void;
}

/**
 * A second reference to the same numbers, as on every other backend; tfjs-backend-wasm copies them, and gradients ask
 * for many identities.
 */
export function wasmIdentity(): tf.KernelConfig {
  return {
    kernelName: 'Identity',
    backendName: 'wasm',
    kernelFunc: ({ inputs, backend }) => {
      const { x } = inputs as { x: tf.TensorInfo };
      (backend as CountingBackend).incRef(x.dataId);
      return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
    },
  };
}
