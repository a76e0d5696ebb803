import * as tf from '@tensorflow/tfjs-core';

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
