import * as tf from '@tensorflow/tfjs-core';

import { addressOf, newOutput, type WasmBackend } from '../backend/wasm-backend.js';
import type { WorkFunction } from './wasm-module.js';
import { wasmPool } from './wasm-pool.js';

/** An element-wise kernel; the last of `names` determines the shape. */
function elementwise(
  kernelName: string,
  work: WorkFunction,
  names: readonly string[],
  upper: number,
): tf.KernelConfig {
  return {
    kernelName,
    backendName: 'wasm',
    kernelFunc: ({ inputs, backend }) => {
      const wasm = backend as WasmBackend;
      const given = names.map((name) => inputs[name] as tf.TensorInfo);
      const { shape } = given.at(-1) as tf.TensorInfo;
      const out = newOutput(wasm, shape);
      const addresses = [...given, out].map((tensor) => addressOf(wasm, tensor));
      wasmPool(wasm).run(work, [[...addresses, tf.util.sizeFromShape(shape), upper]]);
      return out;
    },
  };
}

/**
 * ReLU and ReLU6, which turn NaN into 0 in tfjs-backend-wasm and so would hide that a network has diverged;
 * and their gradients, `{dy, y}` → dy where 0 < y (< 6), else 0.
 */
export function wasmRelus(): tf.KernelConfig[] {
  return [
    elementwise('Relu', 'clip', ['x'], Infinity),
    elementwise('Relu6', 'clip', ['x'], 6),
    elementwise('DmnnReluGrad', 'clippedGradient', ['dy', 'y'], Infinity),
    elementwise('DmnnRelu6Grad', 'clippedGradient', ['dy', 'y'], 6),
  ];
}
