// How a map is cut. A map of one image is `rows` of `columns` floats, several pixels a row where channels are few, and is
// taken in tiles that stay in the nearest cache.
import { copyFloats } from './pack';
import { TERM_ROWS } from '../src/wasm-kernels/norm-sum-plan';

/** Pixels that make a row: enough to fill vectors, where the map can be cut so. */
export function pixelsTogether(pixels: i32, channels: i32): i32 {
  let fold = 1;
  while ((fold * channels < 64 || ((fold * channels) & 3) != 0) && pixels % (2 * fold) == 0) fold *= 2;
  return fold;
}

export function tileRows(columns: i32): i32 {
  return max(8, 8192 / columns);
}

/** Bytes of scratch memory that each function needs that takes some. */
export function normSumScratch(pixels: i32, channels: i32, paths: i32): i32 {
  const columns = pixelsTogether(pixels, channels) * channels;
  return (tileRows(columns) + 3 + paths * (TERM_ROWS + 3)) * (columns << 2);
}

/** Repeats `channels` floats over a row. */
export function spread(from: usize, to: usize, channels: i32, columns: i32): void {
  for (let at = 0; at < columns; at += channels) copyFloats(from, to + (at << 2), channels);
}

/** Adds rows of floats to rows of doubles, the pixels of a row together. */
export function flush(from: usize, to: usize, rows: i32, channels: i32, columns: i32): void {
  for (let r = 0; r < rows; r++) {
    for (let at = 0; at < columns; at += channels) {
      for (let c = 0; c < channels; c++) {
        const sum = to + ((r * channels + c) << 3);
        store<f64>(sum, load<f64>(sum) + <f64>load<f32>(from + ((r * columns + at + c) << 2)));
      }
    }
  }
}

export function clearDoubles(to: usize, count: i32): void {
  for (let i = 0; i < count; i++) store<f64>(to + (i << 3), 0);
}

/** to = factor · from */
export function scaleRow(from: usize, factor: f32, to: usize, columns: i32): void {
  for (let c = 0; c < columns << 2; c += 4) store<f32>(to + c, factor * load<f32>(from + c));
}
