import * as tf from '@tensorflow/tfjs-core';

import { newOutput } from '../backend/wasm-memory.js';
import type { WasmKernel } from './wasm-kernel.js';

/**
 * `{x [n, ...], segmentIds [n]}` → `[numSegments, ...]`: rows with the same id are added. It is the gradient of
 * `gather`. Ids outside 0 … numSegments − 1 are left out, as on the other backends.
 */
export const wasmUnsortedSegmentSum: WasmKernel = {
  kernelName: 'UnsortedSegmentSum',
  kernelFunc: ({ inputs, backend, attrs }) => {
    const { x, segmentIds } = inputs as { x: tf.TensorInfo; segmentIds: tf.TensorInfo };
    const { numSegments } = attrs as { numSegments: number };
    const rowShape = x.shape.slice(segmentIds.shape.length);
    const width = tf.util.sizeFromShape(rowShape);
    const out = newOutput(backend, [numSegments, ...rowShape], x.dtype);
    // after the last allocation: growing the memory moves the views
    const sums = backend.typedArrayFromHeap(out);
    const values = backend.typedArrayFromHeap(x);
    sums.fill(0);
    for (const [row, segment] of backend.typedArrayFromHeap(segmentIds).entries()) {
      if (segment < 0 || segment >= numSegments) continue;
      const [from, to] = [row * width, segment * width];
      for (let i = 0; i < width; i++) sums[to + i] = (sums[to + i] as number) + (values[from + i] as number);
    }
    return out;
  },
};
