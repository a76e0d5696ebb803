import * as tf from '@tensorflow/tfjs-core';
import type { WasmKernel } from './wasm-kernel.js';
import { addressOf, newOutput } from '../backend/wasm-backend.js';
import { wasmPool } from './wasm-pool.js';

/**
 * A second reference to the same numbers, as on every other backend; tfjs-backend-wasm copies them, and gradients ask
 * for many identities.
 */
export const wasmIdentity: WasmKernel = {
  kernelName: 'Identity',
  kernelFunc: ({ inputs, backend }) => {
    const { x } = inputs as { x: tf.TensorInfo };
    backend.incRef(x.dataId);
    return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
  },
};

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
