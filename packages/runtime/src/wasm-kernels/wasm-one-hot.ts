import * as tf from '@tensorflow/tfjs-core';

import type { WasmBackend } from '../backend/wasm-backend.js';

/**
 * One-hot vectors of any type: tfjs-backend-wasm writes the bits of whole numbers into tensors that are called float32.
 */
export function wasmOneHot(): tf.KernelConfig {
  const stock = tf.getKernel('OneHot', 'wasm');
  const cast = tf.getKernel('Cast', 'wasm').kernelFunc;
  return {
    ...stock, // its set-up too
    kernelFunc: ({ inputs, backend, attrs }) => {
      const { dtype } = attrs as { dtype: tf.DataType };
      const whole = stock.kernelFunc({
        inputs,
        backend,
        attrs: { ...attrs, dtype: 'int32' },
      }) as tf.TensorInfo;
      if (dtype === 'int32') return whole;
      const result = cast({ inputs: { x: whole }, backend, attrs: { dtype } }) as tf.TensorInfo;
      (backend as WasmBackend).disposeData(whole.dataId);
      return result;
    },
  };
}
