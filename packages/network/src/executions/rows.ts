import * as tf from '@tensorflow/tfjs-core';

/** Neighbouring rows of a batch. */
interface Run {
  readonly begin: number;
  readonly length: number;
}

/**
 * Some rows of a batch, in order: `[B, H, W, C]` → `[rows.length, H, W, C]`.
 *
 * Slices of neighbouring rows and one concatenation copy memory on every backend; a gather by index copies element by
 * element on some (tens of times slower on wasm), and reads its indices back on others.
 *
 * @param rows - ascending, at least one
 */
export function takeRows(x: tf.Tensor4D, rows: readonly number[]): tf.Tensor4D {
  return tf.tidy(() => joined(runsOf(rows).map((run) => slice(x, run))));
}

/**
 * The inverse of {@link takeRows}: `[rows.length, H, W, C]` → `[B, H, W, C]`, with zeros in the other rows.
 *
 * @param count - B
 */
export function placeRows(y: tf.Tensor4D, rows: readonly number[], count: number): tf.Tensor4D {
  const [, height, width, channels] = y.shape;
  return tf.tidy(() => {
    const pieces: tf.Tensor4D[] = [];
    let filled = 0;
    let taken = 0;
    const fillTo = (end: number) => {
      if (end > filled) pieces.push(tf.zeros([end - filled, height, width, channels]));
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

function slice(x: tf.Tensor4D, { begin, length }: Run): tf.Tensor4D {
  return length === x.shape[0] ? x : tf.slice(x, [begin, 0, 0, 0], [length, -1, -1, -1]);
}

function joined(pieces: readonly tf.Tensor4D[]): tf.Tensor4D {
  const [first] = pieces;
  return pieces.length === 1 && first ? first : tf.concat([...pieces], 0);
}
