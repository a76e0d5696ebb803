// The sum of the paths, each normalised and gated, with the shortcut, held between two bounds. The caller calls one
// function after the other, and each for as many runs of images as it likes: all sums are first of each image, so that
// results do not depend on the runs.
import { exchange, floatWord, gateOf, partAt, pathWord, word } from './norm-sum-plan';
import { pixelsTogether, scaleRow, spread, tileRows } from './norm-sum-rows';
import { clearFloats } from './pack';
import {
  PIXELS,
  CHANNELS,
  PATHS,
  LOW,
  HIGH,
  SHORTCUT,
  PARTS,
  POOLED,
  TERMS,
  PATH_X,
  TERM_SHIFT,
  TERM_ROWS,
} from '../src/wasm-kernels/norm-sum-plan';

/** y = [z +] slope · x + shift, within bounds; NaN stays. */
function affineOne(
  x: usize,
  slope: usize,
  shift: usize,
  z: usize,
  y: usize,
  low: f32,
  high: f32,
  rows: i32,
  columns: i32,
): void {
  const stride = columns << 2;
  const vectors = stride & ~15;
  const least = f32x4.splat(low);
  const most = f32x4.splat(high);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < vectors; c += 16) {
      let v = f32x4.add(f32x4.mul(v128.load(x + c), v128.load(slope + c)), v128.load(shift + c));
      if (z != 0) v = f32x4.add(v, v128.load(z + c));
      v128.store(y + c, f32x4.min(f32x4.max(v, least), most));
    }
    for (let c = vectors; c < stride; c += 4) {
      let v = load<f32>(x + c) * load<f32>(slope + c) + load<f32>(shift + c);
      if (z != 0) v += load<f32>(z + c);
      store<f32>(y + c, min<f32>(max<f32>(v, low), high));
    }
    x += stride;
    y += stride;
    if (z != 0) z += stride;
  }
}

/** y = [z +] shift, within bounds, where no path is open. */
function affineNone(shift: usize, z: usize, y: usize, low: f32, high: f32, rows: i32, columns: i32): void {
  const stride = columns << 2;
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < stride; c += 4) {
      let v = load<f32>(shift + c);
      if (z != 0) v += load<f32>(z + c);
      store<f32>(y + c, min<f32>(max<f32>(v, low), high));
    }
    y += stride;
    if (z != 0) z += stride;
  }
}

/** y = y + slope · x, within bounds. */
function addPath(x: usize, slope: usize, y: usize, low: f32, high: f32, rows: i32, columns: i32): void {
  const stride = columns << 2;
  const vectors = stride & ~15;
  const least = f32x4.splat(low);
  const most = f32x4.splat(high);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < vectors; c += 16) {
      const v = f32x4.add(v128.load(y + c), f32x4.mul(v128.load(x + c), v128.load(slope + c)));
      v128.store(y + c, f32x4.min(f32x4.max(v, least), most));
    }
    for (let c = vectors; c < stride; c += 4) {
      const v = load<f32>(y + c) + load<f32>(x + c) * load<f32>(slope + c);
      store<f32>(y + c, min<f32>(max<f32>(v, low), high));
    }
    x += stride;
    y += stride;
  }
}

function addRows(x: usize, sum: usize, rows: i32, columns: i32): void {
  const stride = columns << 2;
  const vectors = stride & ~15;
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < vectors; c += 16) {
      v128.store(sum + c, f32x4.add(v128.load(sum + c), v128.load(x + c)));
    }
    for (let c = vectors; c < stride; c += 4) store<f32>(sum + c, load<f32>(sum + c) + load<f32>(x + c));
    x += stride;
  }
}

/** The result, and its mean over each map. */
export function normSumForward(plan: usize, scratch: usize, first: i32, images: i32): void {
  const pixels = word(plan, PIXELS);
  const channels = word(plan, CHANNELS);
  const paths = word(plan, PATHS);
  const columns = pixelsTogether(pixels, channels) * channels;
  const row = columns << 2;
  const rows = (pixels * channels) / columns;
  const tile = tileRows(columns);
  const low = floatWord(plan, LOW);
  const high = floatWord(plan, HIGH);
  const parts = word(plan, PARTS);
  const pooled = <usize>word(plan, POOLED);
  const buffer = scratch;
  const constant = buffer + tile * row;
  const sums = constant + row;
  const slopes = sums + row;
  const term = slopes + paths * row;
  for (let image = first; image < first + images; image++) {
    clearFloats(constant, columns);
    let last = -1;
    for (let p = 0; p < paths; p++) {
      const gate = gateOf(plan, p, image);
      const terms = <usize>word(plan, TERMS) + ((p * TERM_ROWS * channels) << 2);
      spread(terms, term, channels, columns);
      scaleRow(term, gate, slopes + p * row, columns);
      if (gate == 0) continue;
      last = p;
      spread(terms + ((TERM_SHIFT * channels) << 2), term, channels, columns);
      for (let c = 0; c < row; c += 4) {
        store<f32>(constant + c, load<f32>(constant + c) + gate * load<f32>(term + c));
      }
    }
    if (pooled != 0) for (let c = 0; c < channels; c++) store<f32>(pooled + ((image * channels + c) << 2), 0);
    for (let r = 0; r < rows; r += tile) {
      const some = min(tile, rows - r);
      const at = (image * pixels * channels + r * columns) << 2;
      const shortcut = <usize>word(plan, SHORTCUT);
      const z: usize = shortcut == 0 ? 0 : shortcut + at;
      const y = parts > 1 ? buffer : <usize>load<i32>(partAt(plan, 0)) + at;
      let begun = false;
      for (let p = 0; p < paths; p++) {
        // a closed path is not read
        if (gateOf(plan, p, image) == 0) continue;
        const x = <usize>pathWord(plan, p, PATH_X) + at;
        const slope = slopes + p * row;
        // bounds are for the last one
        const own: f32 = p == last ? low : -Infinity;
        const most: f32 = p == last ? high : Infinity;
        if (begun) addPath(x, slope, y, own, most, some, columns);
        else affineOne(x, slope, constant, z, y, own, most, some, columns);
        begun = true;
      }
      if (!begun) affineNone(constant, z, y, low, high, some, columns);
      if (pooled != 0) {
        clearFloats(sums, columns);
        addRows(y, sums, some, columns);
        for (let c = 0; c < columns; c++) {
          const mean = pooled + ((image * channels + (c % channels)) << 2);
          store<f32>(mean, load<f32>(mean) + load<f32>(sums + (c << 2)) / <f32>pixels);
        }
      }
      if (parts > 1) exchange(plan, y, at / (channels << 2), (some * columns) / channels, 0, true);
    }
  }
}
