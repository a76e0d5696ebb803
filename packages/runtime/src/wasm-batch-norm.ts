import type * as tf from '@tensorflow/tfjs-core';

import { addressOf, newOutput, withScratch, type WasmBackend } from './wasm-backend.js';
import { wasmModule } from './wasm-module.js';

type Inputs<Name extends string> = Readonly<Record<Name, tf.TensorInfo>>;

/** How many rows a tensor [..., C] has. */
function rowsOf(x: tf.TensorInfo): number {
  return x.shape.slice(0, -1).reduce((product, size) => product * size, 1);
}

/** Forward: `{x [..., C], scale [C], offset [C]}` → `[y, mean [C], biased variance [C]]`. */
export const wasmBatchNormTrain: tf.KernelConfig = {
  kernelName: 'DmnnBatchNormTrain',
  backendName: 'wasm',
  kernelFunc: ({ inputs, backend, attrs }) => {
    const wasm = backend as WasmBackend;
    const { x, scale, offset } = inputs as Inputs<'x' | 'scale' | 'offset'>;
    const channels = x.shape.at(-1) as number;
    const outputs = [newOutput(wasm, x.shape), newOutput(wasm, [channels]), newOutput(wasm, [channels])];
    const module = wasmModule(wasm);
    const addresses = [x, scale, offset, ...outputs].map((tensor) => addressOf(wasm, tensor));
    withScratch(wasm, module.batchNormScratch(channels), (scratch) => {
      module.batchNorm(...addresses, scratch, rowsOf(x), channels, (attrs as { epsilon: number }).epsilon);
    });
    return outputs;
  },
};

/** Backward: `{dy, x, scale, mean, variance}` → `[dx, dscale, doffset]`. */
export const wasmBatchNormTrainGrad: tf.KernelConfig = {
  kernelName: 'DmnnBatchNormTrainGrad',
  backendName: 'wasm',
  kernelFunc: ({ inputs, backend, attrs }) => {
    const wasm = backend as WasmBackend;
    const { dy, x, scale, mean, variance } = inputs as Inputs<'dy' | 'x' | 'scale' | 'mean' | 'variance'>;
    const channels = x.shape.at(-1) as number;
    const outputs = [newOutput(wasm, x.shape), newOutput(wasm, [channels]), newOutput(wasm, [channels])];
    const module = wasmModule(wasm);
    const addresses = [dy, x, scale, mean, variance, ...outputs].map((tensor) => addressOf(wasm, tensor));
    withScratch(wasm, module.batchNormScratch(channels), (scratch) => {
      module.batchNormGradient(...addresses, scratch, rowsOf(x), channels, (attrs as { epsilon: number }).epsilon);
    });
    return outputs;
  },
};
