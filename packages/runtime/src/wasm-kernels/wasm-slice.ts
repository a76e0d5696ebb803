import * as tf from '@tensorflow/tfjs-core';

import { addressOf, newOutput, type WasmBackend } from '../backend/wasm-backend.js';
import { wasmPool } from './wasm-pool.js';

/**
 * Cuts a window out of every image of a batch `[B, H, W, C]`, as the gradient of padding does;
 * tfjs-backend-wasm copies number by number. Its own kernel handles other slices.
 */
export function wasmSlice(): tf.KernelConfig {
  const stock = tf.getKernel('Slice', 'wasm');
  return {
    ...stock, // its set-up too
    kernelFunc: (call) => {
      const { x } = call.inputs as { x: tf.TensorInfo };
      const { begin, size } = call.attrs as unknown as { begin: number | number[]; size: number | number[] };
      if (x.shape.length !== 4 || x.dtype !== 'float32') return stock.kernelFunc(call);
      const [from, sizes] = tf.slice_util.parseSliceParams(x, begin, size) as [number[], number[]];
      tf.slice_util.assertParamsValid(x, from, sizes);
      const [, inHeight, inWidth, inChannels] = x.shape as [number, number, number, number];
      const [image, top, left, channel] = from as [number, number, number, number];
      const [images, height, width, channels] = sizes as [number, number, number, number];
      if (channel !== 0 || channels !== inChannels || images * height * width * channels === 0)
        return stock.kernelFunc(call);
      const wasm = call.backend as WasmBackend;
      const out = newOutput(wasm, sizes);
      const start = addressOf(wasm, x) + 4 * image * inHeight * inWidth * inChannels;
      const sizesIn = [images, inHeight, inWidth, channels];
      wasmPool(wasm).run('crop', [[start, addressOf(wasm, out), ...sizesIn, top, left, height, width]]);
      return out;
    },
  };
}
