import * as tf from '@tensorflow/tfjs-core';
import { type ConvLayer, runInTurn } from '../layers/conv-layer.js';
import { hasNormSum } from '../kernels/custom-operation.js';
import { placeRows, takeRows } from './rows.js';
import type { Pass } from '../layers/pass.js';

/**
 * Runs units one after the other for some rows of a batch: `[B, H, W, C]` → `[B, H', W', C']`.
 *
 * Where the kernels allow it, the first unit gathers and the last unit scatters the rows, so nothing is copied.
 *
 * @param rows - ascending, at least one
 * @returns a map that is valid in those rows. The others hold zeros, or arbitrary numbers on a backend whose gated sum does
 *   not read closed rows.
 */
export function runOnRows(
  units: readonly ConvLayer[],
  x: tf.Tensor4D,
  rows: readonly number[],
  pass: Pass,
): tf.Tensor4D {
  const images = x.shape[0];
  const inner = units.slice(1, -1);
  const [first, last] = [units[0] as ConvLayer, units.at(-1) as ConvLayer];
  return tf.tidy(() => {
    const takes = first.onRows(pass);
    const places = hasNormSum() ? last.onRows(pass) : undefined;
    const taken = () => tf.tensor1d([...rows], 'int32');
    const placed = () => tf.tensor1d(placesOf(rows, images), 'int32');
    if (units.length === 1 && takes && places) return takes(x, { taken: taken(), placed: placed() });

    const start = takes ? takes(x, { taken: taken() }) : first.run(takeRows(x, rows), pass);
    if (units.length === 1) return placeRows(start, rows, images);
    const before = runInTurn(inner, start, pass);
    if (before !== start) start.dispose();
    return places ? places(before, { placed: placed() }) : placeRows(last.run(before, pass), rows, images);
  });
}

/** `[b]`: the index of b in `rows`, or −1. */
function placesOf(rows: readonly number[], images: number): Int32Array {
  const places = new Int32Array(images).fill(-1);
  rows.forEach((row, i) => {
    places[row] = i;
  });
  return places;
}
