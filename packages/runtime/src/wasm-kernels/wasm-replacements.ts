// Kernels that stand in for tfjs-backend-wasm's own, where those are slow or wrong. What its own do well goes to them.
import * as tf from '@tensorflow/tfjs-core';
import { addressOf, newOutput } from '../backend/wasm-memory.js';
import type { WasmKernel, WasmKernelCall } from './wasm-kernel.js';
import type { WorkFunction } from './wasm-module.js';
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

/** The largest divisor of `rows` up to 128: rows are handled in runs of that length. */
function runLength(rows: number): number {
  for (let length = Math.min(rows, 128); length > 1; length--) if (rows % length === 0) return length;
  return 1;
}

/**
 * Matrix products with one factor transposed, which the gradient of every linear layer needs and tfjs-backend-wasm
 * does at a tenth of its usual speed: they are gradients of 1×1 convolutions. Others go to its own kernel.
 */
export const wasmMatrixProduct: WasmKernel = {
  kernelName: 'BatchMatMul',
  kernelFunc: (call, stock) => {
    const { a, b } = call.inputs as { a: tf.TensorInfo; b: tf.TensorInfo };
    const { transposeA, transposeB } = call.attrs as { transposeA: boolean; transposeB: boolean };
    const plain =
      a.shape.length === 2 && b.shape.length === 2 && a.dtype === 'float32' && b.dtype === 'float32';
    const empty = a.shape.includes(0) || b.shape.includes(0);
    const [aRows, aColumns] = a.shape as [number, number];
    const [bRows, bColumns] = b.shape as [number, number];
    const fits = transposeA ? aRows === bRows : aColumns === bColumns;
    if (!plain || empty || transposeA === transposeB || !fits) return stock(call);
    const { backend } = call;
    const pool = wasmPool(backend);
    const out = newOutput(backend, transposeA ? [aColumns, bColumns] : [aRows, bRows]);
    const [from, by, to] = [a, b, out].map((tensor) => addressOf(backend, tensor)) as [
      number,
      number,
      number,
    ];
    const one = [1, 1, 1, 1]; // kernel and stride
    if (transposeA) {
      const width = runLength(aRows);
      const size = [aRows / width, width];
      pool.run('filterGradient', [[from, by, to, 0, 1, ...size, aColumns, ...size, bColumns, ...one, 0, 0]], {
        argument: 3,
        bytes: pool.scratch('filterGradientScratch', [aColumns, ...size, bColumns, ...one]),
      });
    } else {
      const sizes = [1, aRows, bRows, 1, aRows, aColumns, ...one, 0, 0];
      pool.run('inputGradient', [[from, by, to, 0, 1, ...sizes]], {
        argument: 3,
        bytes: pool.scratch('inputGradientScratch', sizes),
      });
    }
    return out;
  },
};
