import * as tf from '@tensorflow/tfjs-core';

import type { WasmKernel } from './wasm-kernel.js';

/**
 * One-hot vectors of any type: tfjs-backend-wasm writes the bits of whole numbers into tensors that are called float32.
 */
export const wasmOneHot: WasmKernel = {
  kernelName: 'OneHot',
  kernelFunc: ({ inputs, backend, attrs }, stock) => {
    const { dtype } = attrs as { dtype: tf.DataType };
    const whole = stock({ inputs, backend, attrs: { ...attrs, dtype: 'int32' } }) as tf.TensorInfo;
    if (dtype === 'int32') return whole;
    const { kernelFunc: cast } = tf.getKernel('Cast', 'wasm');
    const result = cast({ inputs: { x: whole }, backend, attrs: { dtype } });
    backend.disposeData(whole.dataId);
    return result;
  },
};
