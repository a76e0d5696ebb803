import type * as tf from '@tensorflow/tfjs-core';

import { addressOf, newOutput } from '../backend/wasm-backend.js';
import type { WasmKernel } from './wasm-kernel.js';
import { wasmPool } from './wasm-pool.js';

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
