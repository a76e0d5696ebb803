import type * as tf from '@tensorflow/tfjs-core';

import { addressOf, newOutput } from '../backend/wasm-memory.js';
import type { WasmKernel, WasmKernelCall } from './wasm-kernel.js';
import type { WorkFunction } from './wasm-module.js';
import { wasmPool } from './wasm-pool.js';

/** Runs a function whose outputs are one tensor like x and two of its channels. */
function batchNorm(
  { inputs, backend, attrs }: WasmKernelCall,
  work: WorkFunction,
  names: readonly string[],
): tf.TensorInfo[] {
  const given = names.map((name) => inputs[name] as tf.TensorInfo);
  const { shape } = inputs['x'] as tf.TensorInfo;
  const channels = shape.at(-1) as number;
  const rows = shape.slice(0, -1).reduce((product, size) => product * size, 1);
  const outputs = [newOutput(backend, shape), newOutput(backend, [channels]), newOutput(backend, [channels])];
  const addresses = [...given, ...outputs].map((tensor) => addressOf(backend, tensor));
  const { epsilon } = attrs as { epsilon: number };
  const pool = wasmPool(backend);
  pool.run(work, [[...addresses, 0, rows, channels, epsilon]], {
    argument: addresses.length,
    bytes: pool.scratch('batchNormScratch', [channels]),
  });
  return outputs;
}

/** Forward: `{x [..., C], scale [C], offset [C]}` → `[y, mean [C], biased variance [C]]`. */
export const wasmBatchNormTrain: WasmKernel = {
  kernelName: 'DmnnBatchNormTrain',
  kernelFunc: (call) => batchNorm(call, 'batchNorm', ['x', 'scale', 'offset']),
};

/** Backward: `{dy, x, scale, mean, variance}` → `[dx, dscale, doffset]`. */
export const wasmBatchNormTrainGrad: WasmKernel = {
  kernelName: 'DmnnBatchNormTrainGrad',
  kernelFunc: (call) => batchNorm(call, 'batchNormGradient', ['dy', 'x', 'scale', 'mean', 'variance']),
};
