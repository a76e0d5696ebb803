import * as tf from '@tensorflow/tfjs-core';

import { addressOf, newOutput, type WasmBackend } from './wasm-backend.js';
import { wasmModule } from './wasm-module.js';

/** `{dy, y}` → dy where 0 < y < upper, else 0. */
function clippedGradient(kernelName: string, upper: number): tf.KernelConfig {
  return {
    kernelName,
    backendName: 'wasm',
    kernelFunc: ({ inputs, backend }) => {
      const wasm = backend as WasmBackend;
      const { dy, y } = inputs as { dy: tf.TensorInfo; y: tf.TensorInfo };
      const dx = newOutput(wasm, y.shape);
      const [from, at, to] = [dy, y, dx].map((tensor) => addressOf(wasm, tensor)) as [number, number, number];
      wasmModule(wasm).clippedGradient(from, at, to, tf.util.sizeFromShape(y.shape), upper);
      return dx;
    },
  };
}

/** `{dy, y}` → dy where y > 0, else 0. */
export function wasmReluGrad(): tf.KernelConfig {
  return clippedGradient('DmnnReluGrad', Infinity);
}

/** `{dy, y}` → dy where 0 < y < 6, else 0. */
export function wasmRelu6Grad(): tf.KernelConfig {
  return clippedGradient('DmnnRelu6Grad', 6);
}
