// activation(shortcut + sum over p of gate_p * batch_norm(x_p)) and its gradient. The caller writes a plan, a list of
// 32-bit words, calls one function after the other, and each for as many runs of images as it likes: all sums are first
// of each image, so that results do not depend on the runs. A map of one image is `rows` of `columns` floats, several
// pixels a row where channels are few, and is taken in tiles that stay in the nearest cache.
import { clearFloats, copyFloats } from './pack';

// the words of a plan
const PIXELS = 0;
const CHANNELS = 1;
const PATHS = 2;
const NORMALISED = 3;
/** 0 none, 1 relu, 2 relu6. */
const ACTIVATION = 4;
/** [images, GATE_COLUMNS]; 0 for none. */
const GATES = 5;
const GATE_COLUMNS = 6;
/** Forwards what is added, backwards its gradient; 0 for none. */
const SHORTCUT = 7;
const PARTS = 8;
/** Backwards: upstream gradients of each part. */
const VIEWS = 9;
/** The mean over each map, or its gradient [images, channels]; 0 for none. */
const POOLED = 10;
/** Backwards: the result, or 0 where the only path tells what was clipped. */
const RESULT = 11;
/** Doubles: forwards [paths, images, 2, channels], backwards [images, 1 + paths, channels]. */
const SUMS = 12;
/** [paths, 5, channels]: slope, shift, mean, and backwards what multiplies x − mean, and what is added. */
const TERMS = 13;
const GATE_GRADIENT = 14;
const IMAGES = 15;
// the words of each path, after those
const FIRST_PATH = 16;
const PATH_WORDS = 9;
const X = 0;
/** −1 for no gate. */
const COLUMN = 1;
const SCALE = 2;
const OFFSET = 3;
const MEAN = 4;
const VARIANCE = 5;
const X_GRADIENT = 6;
const SCALE_GRADIENT = 7;
const OFFSET_GRADIENT = 8;
// and after those: the parts of the result or of its gradients, view by view, then their channels

// the rows of TERMS
const SLOPE = 0;
const SHIFT = 1;
const CENTER = 2;
const ALONG = 3;
const CONSTANT = 4;
const TERM_ROWS = 5;

const BELOW_SIX: f32 = 5.9999995; // the largest float32 that ReLU6 lets pass

function word(plan: usize, index: i32): i32 {
  return load<i32>(plan + (index << 2));
}

function pathWord(plan: usize, path: i32, index: i32): i32 {
  return word(plan, FIRST_PATH + path * PATH_WORDS + index);
}

/** Pixels that make a row: enough to fill vectors, where the map can be cut so. */
function pixelsTogether(pixels: i32, channels: i32): i32 {
  let fold = 1;
  while ((fold * channels < 64 || ((fold * channels) & 3) != 0) && pixels % (2 * fold) == 0) fold *= 2;
  return fold;
}

function tileRows(columns: i32): i32 {
  return max(8, 8192 / columns);
}

/** Bytes of scratch memory that each function needs that takes some. */
export function normSumScratch(pixels: i32, channels: i32, paths: i32): i32 {
  const columns = pixelsTogether(pixels, channels) * channels;
  return (tileRows(columns) + 3 + paths * (TERM_ROWS + 3)) * (columns << 2);
}

/** Repeats `channels` floats over a row. */
function spread(from: usize, to: usize, channels: i32, columns: i32): void {
  for (let at = 0; at < columns; at += channels) copyFloats(from, to + (at << 2), channels);
}

/** Adds rows of floats to rows of doubles, the pixels of a row together. */
function flush(from: usize, to: usize, rows: i32, channels: i32, columns: i32): void {
  for (let r = 0; r < rows; r++) {
    for (let at = 0; at < columns; at += channels) {
      for (let c = 0; c < channels; c++) {
        const sum = to + ((r * channels + c) << 3);
        store<f64>(sum, load<f64>(sum) + <f64>load<f32>(from + ((r * columns + at + c) << 2)));
      }
    }
  }
}

function clearDoubles(to: usize, count: i32): void {
  for (let i = 0; i < count; i++) store<f64>(to + (i << 3), 0);
}

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
  const x = <usize>pathWord(plan, path, X);
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
  const x = <usize>pathWord(plan, path, X);
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
    store<f32>(<usize>pathWord(plan, path, MEAN) + (c << 2), <f32>(<f64>load<f32>(x + (c << 2)) + shift));
    // written so that NaN stays
    store<f32>(<usize>pathWord(plan, path, VARIANCE) + (c << 2), variance < 0 ? 0 : <f32>variance);
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
        mean = load<f32>(<usize>pathWord(plan, p, MEAN) + c);
        const variance = <f64>load<f32>(<usize>pathWord(plan, p, VARIANCE) + c);
        slope = <f32>(<f64>load<f32>(<usize>pathWord(plan, p, SCALE) + c) / Math.sqrt(variance + epsilon));
        shift = <f32>(<f64>load<f32>(<usize>pathWord(plan, p, OFFSET) + c) - <f64>slope * <f64>mean);
      }
      store<f32>(terms + SLOPE * row + c, slope);
      store<f32>(terms + SHIFT * row + c, shift);
      store<f32>(terms + CENTER * row + c, mean);
      store<f32>(terms + ALONG * row + c, 0);
      store<f32>(terms + CONSTANT * row + c, 0);
    }
  }
}

function gateOf(plan: usize, path: i32, image: i32): f32 {
  const column = pathWord(plan, path, COLUMN);
  if (column < 0) return 1;
  return load<f32>(<usize>word(plan, GATES) + ((image * word(plan, GATE_COLUMNS) + column) << 2));
}

/** to = factor · from */
function scaleRow(from: usize, factor: f32, to: usize, columns: i32): void {
  for (let c = 0; c < columns << 2; c += 4) store<f32>(to + c, factor * load<f32>(from + c));
}

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

/** Address of a part, and of how many channels it has. */
function partAt(plan: usize, index: i32): usize {
  return plan + ((FIRST_PATH + word(plan, PATHS) * PATH_WORDS + index) << 2);
}

/** Copies pixels of the whole to its parts (`toParts`), or back. Parts begin at their `pixel`. */
function exchange(plan: usize, whole: usize, pixel: i32, count: i32, view: i32, toParts: bool): void {
  const channels = word(plan, CHANNELS);
  const parts = word(plan, PARTS);
  const lists = toParts ? 1 : word(plan, VIEWS);
  let begin = 0;
  for (let s = 0; s < parts; s++) {
    const width = load<i32>(partAt(plan, lists * parts + s));
    let part = <usize>load<i32>(partAt(plan, view * parts + s)) + ((pixel * width) << 2);
    let own = whole + (begin << 2);
    for (let i = 0; i < count; i++) {
      if (toParts) copyFloats(own, part, width);
      else copyFloats(part, own, width);
      part += width << 2;
      own += channels << 2;
    }
    begin += width;
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
  const activation = word(plan, ACTIVATION);
  const low: f32 = activation == 0 ? -Infinity : 0;
  const high: f32 = activation == 2 ? 6 : Infinity;
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
      spread(terms + ((SHIFT * channels) << 2), term, channels, columns);
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
        const x = <usize>pathWord(plan, p, X) + at;
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

// ---- backwards ----

/** Where the activation passed the gradient: 0 < y, and below the upper bound. */
function passes(y: v128, limit: v128): v128 {
  return v128.and(f32x4.gt(y, f32x4.splat(0)), f32x4.le(y, limit));
}

/**
 * e = d0 + d1 + constant, and 0 where the activation was at one of its bounds. What tells is y, or slope · x + shift if
 * `slope` is not 0; nothing if y is 0. Either gradient may be missing (0); e may be d0.
 */
function upstream(
  d0: usize,
  d1: usize,
  constant: usize,
  y: usize,
  slope: usize,
  shift: usize,
  high: f32,
  e: usize,
  rows: i32,
  columns: i32,
): void {
  const stride = columns << 2;
  const vectors = stride & ~15;
  const limit = f32x4.splat(high);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < vectors; c += 16) {
      let v = v128.load(constant + c);
      if (d0 != 0) v = f32x4.add(v, v128.load(d0 + c));
      if (d1 != 0) v = f32x4.add(v, v128.load(d1 + c));
      if (y != 0) {
        let result = v128.load(y + c);
        if (slope != 0) result = f32x4.add(f32x4.mul(result, v128.load(slope + c)), v128.load(shift + c));
        v = v128.and(v, passes(result, limit));
      }
      v128.store(e + c, v);
    }
    for (let c = vectors; c < stride; c += 4) {
      let v = load<f32>(constant + c);
      if (d0 != 0) v += load<f32>(d0 + c);
      if (d1 != 0) v += load<f32>(d1 + c);
      if (y != 0) {
        let result = load<f32>(y + c);
        if (slope != 0) result = result * load<f32>(slope + c) + load<f32>(shift + c);
        if (!(result > 0 && result <= high)) v = 0;
      }
      store<f32>(e + c, v);
    }
    e += stride;
    if (d0 != 0) d0 += stride;
    if (d1 != 0) d1 += stride;
    if (y != 0) y += stride;
  }
}

/** What reaches rows of a map from above, in `e`; `buffer` has room for as many. */
function upstreamOf(
  plan: usize,
  image: i32,
  first: i32,
  rows: i32,
  columns: i32,
  constant: usize,
  slope: usize,
  shift: usize,
  buffer: usize,
  e: usize,
): void {
  const channels = word(plan, CHANNELS);
  const at = (image * word(plan, PIXELS) * channels + first * columns) << 2;
  const parts = word(plan, PARTS);
  const views = word(plan, VIEWS);
  const activation = word(plan, ACTIVATION);
  const result = <usize>word(plan, RESULT);
  const high: f32 = activation == 2 ? BELOW_SIX : Infinity;
  const byInput = activation != 0 && result == 0;
  let y: usize = 0;
  if (activation != 0) y = (byInput ? <usize>pathWord(plan, 0, X) : result) + at;
  let d0: usize = 0;
  let d1: usize = 0;
  if (parts == 1) {
    if (views > 0) d0 = <usize>load<i32>(partAt(plan, 0)) + at;
    if (views > 1) d1 = <usize>load<i32>(partAt(plan, 1)) + at;
  } else if (views > 0) {
    const pixel = at / (channels << 2);
    const count = (rows * columns) / channels;
    exchange(plan, e, pixel, count, 0, false);
    d0 = e;
    if (views > 1) {
      exchange(plan, buffer, pixel, count, 1, false);
      d1 = buffer;
    }
  }
  upstream(d0, d1, constant, y, byInput ? slope : 0, shift, high, e, rows, columns);
}

/** The gradient of the mean, for each pixel of a row. */
function constantOf(plan: usize, image: i32, columns: i32, to: usize): void {
  const channels = word(plan, CHANNELS);
  const pooled = <usize>word(plan, POOLED);
  if (pooled == 0) {
    clearFloats(to, columns);
    return;
  }
  spread(pooled + ((image * channels) << 2), to, channels, columns);
  const share: f32 = <f32>1 / <f32>word(plan, PIXELS);
  scaleRow(to, share, to, columns);
}

/** sum += e, unless it is 0, and products += e · (x − mean); four rows at once. */
function addProducts(
  e: usize,
  x: usize,
  mean: usize,
  sum: usize,
  products: usize,
  rows: i32,
  columns: i32,
): void {
  const stride = columns << 2;
  const vectors = stride & ~15;
  let r = 0;
  for (; r + 4 <= rows; r += 4) {
    const e1 = e + stride;
    const e2 = e1 + stride;
    const e3 = e2 + stride;
    const x1 = x + stride;
    const x2 = x1 + stride;
    const x3 = x2 + stride;
    for (let c = 0; c < vectors; c += 16) {
      const m = v128.load(mean + c);
      const g0 = v128.load(e + c);
      const g1 = v128.load(e1 + c);
      const g2 = v128.load(e2 + c);
      const g3 = v128.load(e3 + c);
      const p0 = f32x4.mul(g0, f32x4.sub(v128.load(x + c), m));
      const p1 = f32x4.mul(g1, f32x4.sub(v128.load(x1 + c), m));
      const p2 = f32x4.mul(g2, f32x4.sub(v128.load(x2 + c), m));
      const p3 = f32x4.mul(g3, f32x4.sub(v128.load(x3 + c), m));
      const product = f32x4.add(f32x4.add(p0, p1), f32x4.add(p2, p3));
      v128.store(products + c, f32x4.add(v128.load(products + c), product));
      if (sum != 0) {
        const g = f32x4.add(f32x4.add(g0, g1), f32x4.add(g2, g3));
        v128.store(sum + c, f32x4.add(v128.load(sum + c), g));
      }
    }
    for (let t = 0; t < 4; t++) {
      addRowProducts(e + t * stride, x + t * stride, mean, sum, products, vectors, stride);
    }
    e = e3 + stride;
    x = x3 + stride;
  }
  for (; r < rows; r++) {
    addRowProducts(e, x, mean, sum, products, 0, stride);
    e += stride;
    x += stride;
  }
}

function addRowProducts(
  e: usize,
  x: usize,
  mean: usize,
  sum: usize,
  products: usize,
  from: i32,
  to: i32,
): void {
  for (let c = from; c < to; c += 4) {
    const g = load<f32>(e + c);
    store<f32>(products + c, load<f32>(products + c) + g * (load<f32>(x + c) - load<f32>(mean + c)));
    if (sum != 0) store<f32>(sum + c, load<f32>(sum + c) + g);
  }
}

/** Sums of e, and of e · (x − mean) for each path, of each image; e itself where the shortcut wants it. */
export function normSumProducts(plan: usize, scratch: usize, first: i32, images: i32): void {
  const pixels = word(plan, PIXELS);
  const channels = word(plan, CHANNELS);
  const paths = word(plan, PATHS);
  const columns = pixelsTogether(pixels, channels) * channels;
  const row = columns << 2;
  const rows = (pixels * channels) / columns;
  const tile = tileRows(columns) / 2; // e, and a second part to be joined
  const buffer = scratch;
  const constant = buffer + 2 * tile * row;
  const slope = constant + row;
  const shift = slope + row;
  const means = shift + row;
  const sums = means + paths * row;
  const terms = <usize>word(plan, TERMS);
  spread(terms, slope, channels, columns);
  spread(terms + ((SHIFT * channels) << 2), shift, channels, columns);
  for (let p = 0; p < paths; p++) {
    spread(terms + (((p * TERM_ROWS + CENTER) * channels) << 2), means + p * row, channels, columns);
  }
  for (let image = first; image < first + images; image++) {
    constantOf(plan, image, columns, constant);
    const total = <usize>word(plan, SUMS) + ((image * (1 + paths) * channels) << 3);
    clearDoubles(total, (1 + paths) * channels);
    for (let r = 0; r < rows; r += tile) {
      const some = min(tile, rows - r);
      const at = (image * pixels * channels + r * columns) << 2;
      const shortcut = <usize>word(plan, SHORTCUT);
      const e = shortcut == 0 ? buffer : shortcut + at;
      upstreamOf(plan, image, r, some, columns, constant, slope, shift, buffer + tile * row, e);
      clearFloats(sums, (1 + paths) * columns);
      for (let p = 0; p < paths; p++) {
        const x = <usize>pathWord(plan, p, X) + at;
        addProducts(e, x, means + p * row, p == 0 ? sums : 0, sums + (1 + p) * row, some, columns);
      }
      flush(sums, total, 1 + paths, channels, columns);
    }
  }
}

/** The gradients of scales, offsets and gates, and what the gradient of a path multiplies and adds. */
export function normSumCoefficients(plan: usize, epsilon: f64): void {
  const channels = word(plan, CHANNELS);
  const paths = word(plan, PATHS);
  const images = word(plan, IMAGES);
  const normalised = word(plan, NORMALISED) != 0;
  const count = <f64>images * <f64>word(plan, PIXELS);
  const gates = <usize>word(plan, GATE_GRADIENT);
  if (gates != 0) clearFloats(gates, images * word(plan, GATE_COLUMNS));
  for (let p = 0; p < paths; p++) {
    const column = pathWord(plan, p, COLUMN);
    const terms = <usize>word(plan, TERMS) + ((p * TERM_ROWS * channels) << 2);
    for (let image = 0; image < images && column >= 0; image++) {
      const e = <usize>word(plan, SUMS) + ((image * (1 + paths) * channels) << 3);
      const products = e + (((1 + p) * channels) << 3);
      let inner: f64 = 0;
      for (let c = 0; c < channels; c++) {
        const product = load<f64>(products + (c << 3));
        if (normalised) {
          const offset = <f64>load<f32>(<usize>pathWord(plan, p, OFFSET) + (c << 2));
          inner += <f64>load<f32>(terms + (c << 2)) * product + offset * load<f64>(e + (c << 3));
        } else inner += product;
      }
      const at = gates + ((image * word(plan, GATE_COLUMNS) + column) << 2);
      store<f32>(at, load<f32>(at) + <f32>inner);
    }
    for (let c = 0; c < channels && normalised; c++) {
      const variance = <f64>load<f32>(<usize>pathWord(plan, p, VARIANCE) + (c << 2));
      const inverse = 1 / Math.sqrt(variance + epsilon);
      let sum: f64 = 0;
      let product: f64 = 0;
      for (let image = 0; image < images; image++) {
        const gate = <f64>gateOf(plan, p, image);
        const e = <usize>word(plan, SUMS) + ((image * (1 + paths) * channels + c) << 3);
        sum += gate * load<f64>(e);
        product += gate * load<f64>(e + (((1 + p) * channels) << 3));
      }
      const gain = <f64>load<f32>(<usize>pathWord(plan, p, SCALE) + (c << 2)) * inverse;
      store<f32>(<usize>pathWord(plan, p, OFFSET_GRADIENT) + (c << 2), <f32>sum);
      store<f32>(<usize>pathWord(plan, p, SCALE_GRADIENT) + (c << 2), <f32>(product * inverse));
      store<f32>(terms + ((ALONG * channels + c) << 2), <f32>((-gain * inverse * inverse * product) / count));
      store<f32>(terms + ((CONSTANT * channels + c) << 2), <f32>((-gain * sum) / count));
    }
  }
}

/** dx = factor · e + along · (x − mean) + constant */
function gradientRows(
  e: usize,
  x: usize,
  factor: usize,
  mean: usize,
  along: usize,
  constant: usize,
  dx: usize,
  rows: i32,
  columns: i32,
): void {
  const stride = columns << 2;
  const vectors = stride & ~15;
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < vectors; c += 16) {
      const d = f32x4.mul(f32x4.sub(v128.load(x + c), v128.load(mean + c)), v128.load(along + c));
      const scaled = f32x4.mul(v128.load(e + c), v128.load(factor + c));
      v128.store(dx + c, f32x4.add(scaled, f32x4.add(d, v128.load(constant + c))));
    }
    for (let c = vectors; c < stride; c += 4) {
      const d = (load<f32>(x + c) - load<f32>(mean + c)) * load<f32>(along + c) + load<f32>(constant + c);
      store<f32>(dx + c, load<f32>(e + c) * load<f32>(factor + c) + d);
    }
    e += stride;
    x += stride;
    dx += stride;
  }
}

/** The gradients of the paths. */
export function normSumGradient(plan: usize, scratch: usize, first: i32, images: i32): void {
  const pixels = word(plan, PIXELS);
  const channels = word(plan, CHANNELS);
  const paths = word(plan, PATHS);
  const normalised = word(plan, NORMALISED) != 0;
  const columns = pixelsTogether(pixels, channels) * channels;
  const row = columns << 2;
  const rows = (pixels * channels) / columns;
  const tile = tileRows(columns) / 2;
  const buffer = scratch;
  const constant = buffer + 2 * tile * row;
  const factors = constant + row;
  const wide = factors + paths * row;
  const terms = <usize>word(plan, TERMS);
  for (let i = 0; i < paths * TERM_ROWS; i++) {
    spread(terms + ((i * channels) << 2), wide + i * row, channels, columns);
  }
  for (let image = first; image < first + images; image++) {
    constantOf(plan, image, columns, constant);
    for (let p = 0; p < paths; p++) {
      scaleRow(wide + p * TERM_ROWS * row, gateOf(plan, p, image), factors + p * row, columns);
    }
    for (let r = 0; r < rows; r += tile) {
      const some = min(tile, rows - r);
      const at = (image * pixels * channels + r * columns) << 2;
      const shortcut = <usize>word(plan, SHORTCUT);
      let e = buffer;
      if (shortcut != 0) e = shortcut + at;
      else upstreamOf(plan, image, r, some, columns, constant, wide, wide + row, buffer + tile * row, e);
      for (let p = 0; p < paths; p++) {
        const own = wide + p * TERM_ROWS * row;
        const dx = <usize>pathWord(plan, p, X_GRADIENT) + at;
        if (normalised) {
          const x = <usize>pathWord(plan, p, X) + at;
          const factor = factors + p * row;
          gradientRows(
            e,
            x,
            factor,
            own + CENTER * row,
            own + ALONG * row,
            own + CONSTANT * row,
            dx,
            some,
            columns,
          );
        } else {
          // without reading x: 0 · NaN would be NaN
          const gate = f32x4.splat(gateOf(plan, p, image));
          const count = (some * columns) << 2;
          let i = 0;
          for (; i + 16 <= count; i += 16) v128.store(dx + i, f32x4.mul(v128.load(e + i), gate));
          for (; i < count; i += 4) store<f32>(dx + i, load<f32>(e + i) * f32x4.extract_lane(gate, 0));
        }
      }
    }
  }
}
