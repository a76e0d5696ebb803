import * as tf from '@tensorflow/tfjs-core';

import { addressOf, newOutput } from '../backend/wasm-backend.js';
import type { WasmKernel, WasmKernelCall } from './wasm-kernel.js';
import type { WorkFunction } from './wasm-module.js';
import { wasmPool } from './wasm-pool.js';

/** An element-wise function of tensors; the last of `names` determines the shape. */
function elementwise(
  { inputs, backend }: WasmKernelCall,
  work: WorkFunction,
  names: readonly string[],
  upper: number,
): tf.TensorInfo {
  const given = names.map((name) => inputs[name] as tf.TensorInfo);
  const { shape } = given.at(-1) as tf.TensorInfo;
  const out = newOutput(backend, shape);
  const addresses = [...given, out].map((tensor) => addressOf(backend, tensor));
  wasmPool(backend).run(work, [[...addresses, tf.util.sizeFromShape(shape), upper]]);
  return out;
}

/**
 * ReLU and ReLU6, which turn NaN into 0 in tfjs-backend-wasm and so would hide that a network has diverged;
 * and their gradients, `{dy, y}` → dy where 0 < y (< 6), else 0.
 */
export const wasmRelus: readonly WasmKernel[] = [
  { kernelName: 'Relu', kernelFunc: (call) => elementwise(call, 'clip', ['x'], Infinity) },
  { kernelName: 'Relu6', kernelFunc: (call) => elementwise(call, 'clip', ['x'], 6) },
  {
    kernelName: 'DmnnReluGrad',
    kernelFunc: (call) => elementwise(call, 'clippedGradient', ['dy', 'y'], Infinity),
  },
  { kernelName: 'DmnnRelu6Grad', kernelFunc: (call) => elementwise(call, 'clippedGradient', ['dy', 'y'], 6) },
];
