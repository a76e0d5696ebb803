import * as tf from '@tensorflow/tfjs-core';

import { addressOf, newOutput } from '../backend/wasm-backend.js';
import type { WasmKernel } from './wasm-kernel.js';
import { wasmPool } from './wasm-pool.js';

/**
 * Cuts a window out of every image of a batch `[B, H, W, C]`, as the gradient of padding does;
 * tfjs-backend-wasm copies number by number. Its own kernel handles other slices.
 */
export const wasmSlice: WasmKernel = {
  kernelName: 'Slice',
  kernelFunc: (call, stock) => {
    const { x } = call.inputs as { x: tf.TensorInfo };
    const { begin, size } = call.attrs as unknown as { begin: number | number[]; size: number | number[] };
    if (x.shape.length !== 4 || x.dtype !== 'float32') return stock(call);
    const [from, sizes] = tf.slice_util.parseSliceParams(x, begin, size) as [number[], number[]];
    tf.slice_util.assertParamsValid(x, from, sizes);
    const [, inHeight, inWidth, inChannels] = x.shape as [number, number, number, number];
    const [image, top, left, channel] = from as [number, number, number, number];
    const [images, height, width, channels] = sizes as [number, number, number, number];
    if (channel !== 0 || channels !== inChannels || images * height * width * channels === 0)
      return stock(call);
    const { backend } = call;
    const out = newOutput(backend, sizes);
    const start = addressOf(backend, x) + 4 * image * inHeight * inWidth * inChannels;
    const sizesIn = [images, inHeight, inWidth, channels];
    wasmPool(backend).run('crop', [[start, addressOf(backend, out), ...sizesIn, top, left, height, width]]);
    return out;
  },
};
