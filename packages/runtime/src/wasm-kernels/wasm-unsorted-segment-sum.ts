import * as tf from '@tensorflow/tfjs-core';

import { newOutput, type WasmBackend } from '../backend/wasm-backend.js';

/**
 * `{x [n, ...], segmentIds [n]}` → `[numSegments, ...]`: rows with the same id are added. It is the gradient of
 * `gather`. Ids outside 0 … numSegments − 1 are left out, as on the other backends.
 */
export function wasmUnsortedSegmentSum(): tf.KernelConfig {
  return {
    kernelName: 'UnsortedSegmentSum',
    backendName: 'wasm',
    kernelFunc: ({ inputs, backend, attrs }) => {
      const wasm = backend as WasmBackend;
      const { x, segmentIds } = inputs as { x: tf.TensorInfo; segmentIds: tf.TensorInfo };
      const { numSegments } = attrs as { numSegments: number };
      const rowShape = x.shape.slice(segmentIds.shape.length);
      const width = tf.util.sizeFromShape(rowShape);
      const out = newOutput(wasm, [numSegments, ...rowShape], x.dtype);
      // after the last allocation: growing the memory moves the views
      const sums = wasm.typedArrayFromHeap(out);
      const values = wasm.typedArrayFromHeap(x);
      sums.fill(0);
      for (const [row, segment] of wasm.typedArrayFromHeap(segmentIds).entries()) {
        if (segment < 0 || segment >= numSegments) continue;
        const [from, to] = [row * width, segment * width];
        for (let i = 0; i < width; i++)
          sums[to + i] = (sums[to + i] as number) + (values[from + i] as number);
      }
      return out;
    },
  };
}
