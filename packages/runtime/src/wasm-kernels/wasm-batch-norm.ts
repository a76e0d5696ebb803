import type * as tf from '@tensorflow/tfjs-core';

import { addressOf, newOutput, type WasmBackend } from '../backend/wasm-backend.js';
import type { WorkFunction } from './wasm-module.js';
import { wasmPool } from './wasm-pool.js';

/** A kernel whose outputs are one tensor like x and two of its channels. */
function batchNormKernel(kernelName: string, work: WorkFunction, names: readonly string[]): tf.KernelConfig {
  return {
    kernelName,
    backendName: 'wasm',
    kernelFunc: ({ inputs, backend, attrs }) => {
      const wasm = backend as WasmBackend;
      const given = names.map((name) => inputs[name] as tf.TensorInfo);
      const { shape } = inputs['x'] as tf.TensorInfo;
      const channels = shape.at(-1) as number;
      const rows = shape.slice(0, -1).reduce((product, size) => product * size, 1);
      const outputs = [newOutput(wasm, shape), newOutput(wasm, [channels]), newOutput(wasm, [channels])];
      const addresses = [...given, ...outputs].map((tensor) => addressOf(wasm, tensor));
      const { epsilon } = attrs as { epsilon: number };
      const pool = wasmPool(wasm);
      pool.run(work, [[...addresses, 0, rows, channels, epsilon]], {
        argument: addresses.length,
        bytes: pool.scratch('batchNormScratch', [channels]),
      });
      return outputs;
    },
  };
}

/** Forward: `{x [..., C], scale [C], offset [C]}` → `[y, mean [C], biased variance [C]]`. */
export function wasmBatchNormTrain(): tf.KernelConfig {
  return batchNormKernel('DmnnBatchNormTrain', 'batchNorm', ['x', 'scale', 'offset']);
}

/** Backward: `{dy, x, scale, mean, variance}` → `[dx, dscale, doffset]`. */
export function wasmBatchNormTrainGrad(): tf.KernelConfig {
  const names = ['dy', 'x', 'scale', 'mean', 'variance'];
  return batchNormKernel('DmnnBatchNormTrainGrad', 'batchNormGradient', names);
}
