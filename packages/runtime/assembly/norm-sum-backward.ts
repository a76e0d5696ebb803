// The gradient of the sum, in two passes over memory: sums of what reaches each path, then what reaches its input.
import { exchange, floatWord, gateOf, partAt, pathWord, word } from './norm-sum-plan';
import { clearDoubles, flush, pixelsTogether, scaleRow, spread, tileRows } from './norm-sum-rows';
import { clearFloats } from './pack';
import {
  PIXELS,
  CHANNELS,
  PATHS,
  NORMALISED,
  LOW,
  HIGH,
  GATE_COLUMNS,
  SHORTCUT,
  PARTS,
  VIEWS,
  POOLED,
  RESULT,
  SUMS,
  TERMS,
  GATE_GRADIENT,
  IMAGES,
  PATH_X,
  PATH_COLUMN,
  PATH_SCALE,
  PATH_OFFSET,
  PATH_VARIANCE,
  PATH_X_GRADIENT,
  PATH_SCALE_GRADIENT,
  PATH_OFFSET_GRADIENT,
  TERM_SHIFT,
  TERM_MEAN,
  TERM_ALONG,
  TERM_CONSTANT,
  TERM_ROWS,
} from '../src/wasm-kernels/norm-sum-plan';

/** The largest float32 below the upper bound; infinity where there is none. */
function limitOf(high: f32): f32 {
  if (high == Infinity) return high;
  const bits = reinterpret<i32>(high);
  return reinterpret<f32>(bits > 0 ? bits - 1 : bits == 0 ? i32.MIN_VALUE + 1 : bits + 1);
}

/** Where the gradient passes: above the lower bound, and at most the limit. */
function passes(y: v128, low: v128, limit: v128): v128 {
  return v128.and(f32x4.gt(y, low), f32x4.le(y, limit));
}

/**
 * e = d0 + d1 + constant, and 0 where the result was at one of its bounds. That shows in y, or in slope · x + shift if
 * `slope` is not 0; nothing if y is 0. Either gradient may be missing (0); e may be d0.
 */
function upstream(
  d0: usize,
  d1: usize,
  constant: usize,
  y: usize,
  slope: usize,
  shift: usize,
  low: f32,
  high: f32,
  e: usize,
  rows: i32,
  columns: i32,
): void {
  const stride = columns << 2;
  const vectors = stride & ~15;
  const least = f32x4.splat(low);
  const limit = f32x4.splat(high);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < vectors; c += 16) {
      let v = v128.load(constant + c);
      if (d0 != 0) v = f32x4.add(v, v128.load(d0 + c));
      if (d1 != 0) v = f32x4.add(v, v128.load(d1 + c));
      if (y != 0) {
        let result = v128.load(y + c);
        if (slope != 0) result = f32x4.add(f32x4.mul(result, v128.load(slope + c)), v128.load(shift + c));
        v = v128.and(v, passes(result, least, limit));
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
        if (!(result > low && result <= high)) v = 0;
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
  const result = <usize>word(plan, RESULT);
  const low = floatWord(plan, LOW);
  const high = floatWord(plan, HIGH);
  const bounded = low > -Infinity || high < Infinity;
  const byInput = bounded && result == 0;
  let y: usize = 0;
  if (bounded) y = (byInput ? <usize>pathWord(plan, 0, PATH_X) : result) + at;
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
  upstream(d0, d1, constant, y, byInput ? slope : 0, shift, low, limitOf(high), e, rows, columns);
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
  spread(terms + ((TERM_SHIFT * channels) << 2), shift, channels, columns);
  for (let p = 0; p < paths; p++) {
    spread(terms + (((p * TERM_ROWS + TERM_MEAN) * channels) << 2), means + p * row, channels, columns);
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
        const x = <usize>pathWord(plan, p, PATH_X) + at;
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
    const column = pathWord(plan, p, PATH_COLUMN);
    const terms = <usize>word(plan, TERMS) + ((p * TERM_ROWS * channels) << 2);
    for (let image = 0; image < images && column >= 0; image++) {
      const e = <usize>word(plan, SUMS) + ((image * (1 + paths) * channels) << 3);
      const products = e + (((1 + p) * channels) << 3);
      let inner: f64 = 0;
      for (let c = 0; c < channels; c++) {
        const product = load<f64>(products + (c << 3));
        if (normalised) {
          const offset = <f64>load<f32>(<usize>pathWord(plan, p, PATH_OFFSET) + (c << 2));
          inner += <f64>load<f32>(terms + (c << 2)) * product + offset * load<f64>(e + (c << 3));
        } else inner += product;
      }
      const at = gates + ((image * word(plan, GATE_COLUMNS) + column) << 2);
      store<f32>(at, load<f32>(at) + <f32>inner);
    }
    for (let c = 0; c < channels && normalised; c++) {
      const variance = <f64>load<f32>(<usize>pathWord(plan, p, PATH_VARIANCE) + (c << 2));
      const inverse = 1 / Math.sqrt(variance + epsilon);
      let sum: f64 = 0;
      let product: f64 = 0;
      for (let image = 0; image < images; image++) {
        const gate = <f64>gateOf(plan, p, image);
        const e = <usize>word(plan, SUMS) + ((image * (1 + paths) * channels + c) << 3);
        sum += gate * load<f64>(e);
        product += gate * load<f64>(e + (((1 + p) * channels) << 3));
      }
      const gain = <f64>load<f32>(<usize>pathWord(plan, p, PATH_SCALE) + (c << 2)) * inverse;
      store<f32>(<usize>pathWord(plan, p, PATH_OFFSET_GRADIENT) + (c << 2), <f32>sum);
      store<f32>(<usize>pathWord(plan, p, PATH_SCALE_GRADIENT) + (c << 2), <f32>(product * inverse));
      store<f32>(
        terms + ((TERM_ALONG * channels + c) << 2),
        <f32>((-gain * inverse * inverse * product) / count),
      );
      store<f32>(terms + ((TERM_CONSTANT * channels + c) << 2), <f32>((-gain * sum) / count));
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
        const dx = <usize>pathWord(plan, p, PATH_X_GRADIENT) + at;
        if (normalised) {
          const x = <usize>pathWord(plan, p, PATH_X) + at;
          const factor = factors + p * row;
          gradientRows(
            e,
            x,
            factor,
            own + TERM_MEAN * row,
            own + TERM_ALONG * row,
            own + TERM_CONSTANT * row,
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
