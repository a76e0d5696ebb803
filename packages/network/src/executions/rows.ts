import * as tf from '@tensorflow/tfjs-core';
import { type ConvLayer, runInTurn } from '../layers/conv-layer.js';
import { packedConvolution } from '../kernels/packed-convolution.js';
import type { Pass } from '../layers/pass.js';

/** Neighbouring rows of a batch. */
interface Run {
  readonly begin: number;
  readonly length: number;
}

/**
 * Some rows of a batch, in order: `[B, …]` → `[rows.length, …]`.
 *
 * Slices of neighbouring rows and one concatenation copy memory on every backend; a gather by index copies element by
 * element on some (tens of times slower on wasm), and reads its indices back on others.
 *
 * @param rows - ascending, at least one
 */
export function takeRows<T extends tf.Tensor>(x: T, rows: readonly number[]): T {
  return tf.tidy(() => joined(runsOf(rows).map((run) => slice(x, run))));
}

/**
 * The inverse of {@link takeRows}: `[rows.length, …]` → `[B, …]`, with zeros in the other rows.
 *
 * @param count - B
 */
export function placeRows<T extends tf.Tensor>(y: T, rows: readonly number[], count: number): T {
  const [, ...row] = y.shape;
  return tf.tidy(() => {
    const pieces: T[] = [];
    let filled = 0;
    let taken = 0;
    const fillTo = (end: number) => {
      if (end > filled) pieces.push(tf.zeros([end - filled, ...row]) as T);
    };
    for (const { begin, length } of runsOf(rows)) {
      fillTo(begin);
      pieces.push(slice(y, { begin: taken, length }));
      filled = begin + length;
      taken += length;
    }
    fillTo(count);
    return joined(pieces);
  });
}

/**
 * Runs units one after the other for some rows of a batch: `[B, H, W, C]` → `[rows.length, H', W', C']`.
 *
 * Where the kernels allow it, the first unit finds the rows itself, so nothing is copied.
 *
 * @param units - at least one
 * @param rows - ascending, at least one
 */
export function runOnRows(
  units: readonly ConvLayer[],
  x: tf.Tensor4D,
  rows: readonly number[],
  pass: Pass,
): tf.Tensor4D {
  const first = units[0] as ConvLayer;
  return tf.tidy(() => {
    const filter = first.packed(pass);
    const start = filter
      ? packedConvolution(x, filter, first.unit, first.unit.activation, tf.tensor1d([...rows], 'int32'))
      : first.run(takeRows(x, rows), pass);
    const y = runInTurn(units.slice(1), start, pass);
    if (y !== start) start.dispose();
    return y;
  });
}

function runsOf(rows: readonly number[]): Run[] {
  const runs: Run[] = [];
  for (const row of rows) {
    const last = runs.at(-1);
    if (last && last.begin + last.length === row)
      runs[runs.length - 1] = { ...last, length: last.length + 1 };
    else runs.push({ begin: row, length: 1 });
  }
  return runs;
}

function slice<T extends tf.Tensor>(x: T, { begin, length }: Run): T {
  if (length === x.shape[0]) return x;
  const others = x.shape.slice(1);
  return tf.slice(x, [begin, ...others.map(() => 0)], [length, ...others]);
}

function joined<T extends tf.Tensor>(pieces: readonly T[]): T {
  const [first] = pieces;
  return pieces.length === 1 && first ? first : tf.concat([...pieces], 0);
}
