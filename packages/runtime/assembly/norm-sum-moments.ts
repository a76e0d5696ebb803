// Sums over images, means and variances of the paths, and what their batch norms do.
import { pathWord, word } from './norm-sum-plan';
import { clearDoubles, flush, pixelsTogether, spread, tileRows } from './norm-sum-rows';
import { clearFloats } from './pack';
import {
  PIXELS,
  CHANNELS,
  PATHS,
  NORMALISED,
  SUMS,
  TERMS,
  IMAGES,
  PATH_X,
  PATH_SCALE,
  PATH_OFFSET,
  PATH_MEAN,
  PATH_VARIANCE,
  TERM_SLOPE,
  TERM_SHIFT,
  TERM_MEAN,
  TERM_ALONG,
  TERM_CONSTANT,
  TERM_ROWS,
} from '../src/wasm-kernels/norm-sum-plan';

/** sum += x − about, squares += (x − about)²; four rows at once, so that the sums are loaded and stored once for them. */
function addMoments(x: usize, about: usize, sum: usize, squares: usize, rows: i32, columns: i32): void {
  const stride = columns << 2;
  const vectors = stride & ~15;
  let r = 0;
  for (; r + 4 <= rows; r += 4) {
    const x1 = x + stride;
    const x2 = x1 + stride;
    const x3 = x2 + stride;
    for (let c = 0; c < vectors; c += 16) {
      const center = v128.load(about + c);
      const d0 = f32x4.sub(v128.load(x + c), center);
      const d1 = f32x4.sub(v128.load(x1 + c), center);
      const d2 = f32x4.sub(v128.load(x2 + c), center);
      const d3 = f32x4.sub(v128.load(x3 + c), center);
      const d = f32x4.add(f32x4.add(d0, d1), f32x4.add(d2, d3));
      const low = f32x4.add(f32x4.mul(d0, d0), f32x4.mul(d1, d1));
      const high = f32x4.add(f32x4.mul(d2, d2), f32x4.mul(d3, d3));
      v128.store(sum + c, f32x4.add(v128.load(sum + c), d));
      v128.store(squares + c, f32x4.add(v128.load(squares + c), f32x4.add(low, high)));
    }
    for (let t = 0; t < 4; t++) addRowMoments(x + t * stride, about, sum, squares, vectors, stride);
    x = x3 + stride;
  }
  for (; r < rows; r++) {
    addRowMoments(x, about, sum, squares, 0, stride);
    x += stride;
  }
}

function addRowMoments(x: usize, about: usize, sum: usize, squares: usize, from: i32, to: i32): void {
  for (let c = from; c < to; c += 4) {
    const d = load<f32>(x + c) - load<f32>(about + c);
    store<f32>(sum + c, load<f32>(sum + c) + d);
    store<f32>(squares + c, load<f32>(squares + c) + d * d);
  }
}

/** Sums of x and of its squares, about the first pixel of all, of each image. */
export function normSumMoments(plan: usize, scratch: usize, path: i32, first: i32, images: i32): void {
  const pixels = word(plan, PIXELS);
  const channels = word(plan, CHANNELS);
  const columns = pixelsTogether(pixels, channels) * channels;
  const rows = (pixels * channels) / columns;
  const tile = tileRows(columns);
  const x = <usize>pathWord(plan, path, PATH_X);
  const about = scratch;
  const sums = about + (columns << 2);
  spread(x, about, channels, columns);
  for (let image = first; image < first + images; image++) {
    const total = <usize>word(plan, SUMS) + (((path * word(plan, IMAGES) + image) * 2 * channels) << 3);
    clearDoubles(total, 2 * channels);
    for (let r = 0; r < rows; r += tile) {
      clearFloats(sums, 2 * columns);
      const from = x + ((image * pixels * channels + r * columns) << 2);
      addMoments(from, about, sums, sums + (columns << 2), min(tile, rows - r), columns);
      flush(sums, total, 2, channels, columns);
    }
  }
}

/** Mean and biased variance of all images. */
export function normSumStatistics(plan: usize, path: i32): void {
  const channels = word(plan, CHANNELS);
  const images = word(plan, IMAGES);
  const count = <f64>images * <f64>word(plan, PIXELS);
  const x = <usize>pathWord(plan, path, PATH_X);
  for (let c = 0; c < channels; c++) {
    let sum: f64 = 0;
    let squares: f64 = 0;
    for (let image = 0; image < images; image++) {
      const own = <usize>word(plan, SUMS) + (((path * images + image) * 2 * channels + c) << 3);
      sum += load<f64>(own);
      squares += load<f64>(own + (channels << 3));
    }
    const shift = sum / count;
    const variance = squares / count - shift * shift;
    store<f32>(
      <usize>pathWord(plan, path, PATH_MEAN) + (c << 2),
      <f32>(<f64>load<f32>(x + (c << 2)) + shift),
    );
    // written so that NaN stays
    store<f32>(<usize>pathWord(plan, path, PATH_VARIANCE) + (c << 2), variance < 0 ? 0 : <f32>variance);
  }
}

/** slope · x + shift is what a path's batch norm does. */
export function normSumTerms(plan: usize, epsilon: f64): void {
  const channels = word(plan, CHANNELS);
  const normalised = word(plan, NORMALISED) != 0;
  const row = channels << 2;
  for (let p = 0; p < word(plan, PATHS); p++) {
    const terms = <usize>word(plan, TERMS) + p * TERM_ROWS * row;
    for (let c = 0; c < row; c += 4) {
      let slope: f32 = 1;
      let shift: f32 = 0;
      let mean: f32 = 0;
      if (normalised) {
        mean = load<f32>(<usize>pathWord(plan, p, PATH_MEAN) + c);
        const variance = <f64>load<f32>(<usize>pathWord(plan, p, PATH_VARIANCE) + c);
        slope = <f32>(
          (<f64>load<f32>(<usize>pathWord(plan, p, PATH_SCALE) + c) / Math.sqrt(variance + epsilon))
        );
        shift = <f32>(<f64>load<f32>(<usize>pathWord(plan, p, PATH_OFFSET) + c) - <f64>slope * <f64>mean);
      }
      store<f32>(terms + TERM_SLOPE * row + c, slope);
      store<f32>(terms + TERM_SHIFT * row + c, shift);
      store<f32>(terms + TERM_MEAN * row + c, mean);
      store<f32>(terms + TERM_ALONG * row + c, 0);
      store<f32>(terms + TERM_CONSTANT * row + c, 0);
    }
  }
}
