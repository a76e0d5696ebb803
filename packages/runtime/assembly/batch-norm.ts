/**
 * Rows that are taken together so that their floats are a multiple of four: 1, 2 or 4.
 * Channels 9, say, become 36 columns whose sums are folded at the end.
 */
function rowsTogether(channels: i32): i32 {
  if ((channels & 3) == 0) return 1;
  return (channels & 1) == 0 ? 2 : 4;
}

/** Bytes of scratch memory that `batchNorm` and `batchNormGradient` need. */
export function batchNormScratch(channels: i32): i32 {
  // two sums in doubles, four rows of floats
  return channels * rowsTogether(channels) * (2 * 8 + 4 * 4);
}

function addTo(sum: usize, v: v128): void {
  v128.store(sum, f64x2.add(v128.load(sum), f64x2.promote_low_f32x4(v)));
  const high = v128.shuffle<i32>(v, v, 2, 3, 2, 3);
  v128.store(sum, f64x2.add(v128.load(sum, 16), f64x2.promote_low_f32x4(high)), 16);
}

function clearDoubles(to: usize, count: i32): void {
  for (let i = 0; i < count; i++) store<f64>(to + (i << 3), 0);
}

/** Adds the parts of each channel's sum. */
function folded(sums: usize, channel: i32, channels: i32, together: i32): f64 {
  let total: f64 = 0;
  for (let t = 0; t < together; t++) total += load<f64>(sums + ((t * channels + channel) << 3));
  return total;
}

/** Repeats one row of `channels` floats. */
function repeat(row: usize, channels: i32, together: i32): void {
  for (let i = channels; i < channels * together; i++) {
    store<f32>(row + (i << 2), load<f32>(row + ((i - channels) << 2)));
  }
}

/** sums[column] = Σ x. Four rows are added as floats first, the rest as doubles. */
function sumRows(x: usize, sums: usize, rows: i32, columns: i32): void {
  const stride = columns << 2;
  let r = 0;
  for (; r + 4 <= rows; r += 4) {
    const x1 = x + stride;
    const x2 = x1 + stride;
    const x3 = x2 + stride;
    for (let c = 0; c < stride; c += 16) {
      const low = f32x4.add(v128.load(x + c), v128.load(x1 + c));
      const high = f32x4.add(v128.load(x2 + c), v128.load(x3 + c));
      addTo(sums + (c << 1), f32x4.add(low, high));
    }
    x = x3 + stride;
  }
  for (; r < rows; r++) {
    for (let c = 0; c < stride; c += 16) addTo(sums + (c << 1), v128.load(x + c));
    x += stride;
  }
}

function squaredDifference(x: usize, mean: v128): v128 {
  const d = f32x4.sub(v128.load(x), mean);
  return f32x4.mul(d, d);
}

/** sums[column] = Σ (x − mean)². */
function sumSquares(x: usize, mean: usize, sums: usize, rows: i32, columns: i32): void {
  const stride = columns << 2;
  let r = 0;
  for (; r + 4 <= rows; r += 4) {
    const x1 = x + stride;
    const x2 = x1 + stride;
    const x3 = x2 + stride;
    for (let c = 0; c < stride; c += 16) {
      const m = v128.load(mean + c);
      const low = f32x4.add(squaredDifference(x + c, m), squaredDifference(x1 + c, m));
      const high = f32x4.add(squaredDifference(x2 + c, m), squaredDifference(x3 + c, m));
      addTo(sums + (c << 1), f32x4.add(low, high));
    }
    x = x3 + stride;
  }
  for (; r < rows; r++) {
    for (let c = 0; c < stride; c += 16)
      addTo(sums + (c << 1), squaredDifference(x + c, v128.load(mean + c)));
    x += stride;
  }
}

/**
 * Normalises over all rows: y = scale · (x − mean) / √(variance + epsilon) + offset.
 *
 * x, y [rows, channels]; scale, offset, and the results mean and (biased) variance [channels].
 */
export function batchNorm(
  x: usize,
  scale: usize,
  offset: usize,
  y: usize,
  mean: usize,
  variance: usize,
  scratch: usize,
  rows: i32,
  channels: i32,
  epsilon: f64,
): void {
  const together = rowsTogether(channels);
  const columns = channels * together;
  const groups = rows / together;
  const rest = rows % together;
  const tail = x + ((groups * columns) << 2);
  const sums = scratch;
  const center = sums + (columns << 4);
  const factor = center + (columns << 2);
  const shift = factor + (columns << 2);
  clearDoubles(sums, columns);
  sumRows(x, sums, groups, columns);
  for (let c = 0; c < channels; c++) {
    let sum = folded(sums, c, channels, together);
    for (let r = 0; r < rest; r++) sum += <f64>load<f32>(tail + ((r * channels + c) << 2));
    const m = <f32>(sum / <f64>rows);
    store<f32>(mean + (c << 2), m);
    store<f32>(center + (c << 2), m);
  }
  repeat(center, channels, together);
  clearDoubles(sums, columns);
  sumSquares(x, center, sums, groups, columns);
  for (let c = 0; c < channels; c++) {
    const m = load<f32>(mean + (c << 2));
    let sum = folded(sums, c, channels, together);
    for (let r = 0; r < rest; r++) {
      const d = <f64>(load<f32>(tail + ((r * channels + c) << 2)) - m);
      sum += d * d;
    }
    const v = sum / <f64>rows;
    store<f32>(variance + (c << 2), <f32>v);
    store<f32>(factor + (c << 2), <f32>(<f64>load<f32>(scale + (c << 2)) / Math.sqrt(v + epsilon)));
    store<f32>(shift + (c << 2), load<f32>(offset + (c << 2)));
  }
  repeat(factor, channels, together);
  repeat(shift, channels, together);
  for (let r = 0; r < groups; r++) {
    for (let c = 0; c < columns << 2; c += 16) {
      const d = f32x4.sub(v128.load(x), v128.load(center + c));
      v128.store(y, f32x4.add(f32x4.mul(d, v128.load(factor + c)), v128.load(shift + c)));
      x += 16;
      y += 16;
    }
  }
  for (let i = 0; i < rest * channels; i++) {
    const at = i << 2;
    const d = load<f32>(x + at) - load<f32>(center + at);
    store<f32>(y + at, d * load<f32>(factor + at) + load<f32>(shift + at));
  }
}

/** first[column] = Σ dy, second[column] = Σ dy · (x − mean). */
function sumProducts(
  dy: usize,
  x: usize,
  mean: usize,
  first: usize,
  second: usize,
  rows: i32,
  columns: i32,
): void {
  const stride = columns << 2;
  let r = 0;
  for (; r + 2 <= rows; r += 2) {
    for (let c = 0; c < stride; c += 16) {
      const m = v128.load(mean + c);
      const d0 = v128.load(dy + c);
      const d1 = v128.load(dy + stride + c);
      addTo(first + (c << 1), f32x4.add(d0, d1));
      const p0 = f32x4.mul(d0, f32x4.sub(v128.load(x + c), m));
      const p1 = f32x4.mul(d1, f32x4.sub(v128.load(x + stride + c), m));
      addTo(second + (c << 1), f32x4.add(p0, p1));
    }
    x += 2 * stride;
    dy += 2 * stride;
  }
  if (r < rows) {
    for (let c = 0; c < stride; c += 16) {
      const d = v128.load(dy + c);
      addTo(first + (c << 1), d);
      addTo(second + (c << 1), f32x4.mul(d, f32x4.sub(v128.load(x + c), v128.load(mean + c))));
    }
  }
}

/**
 * The gradient of `batchNorm` through its statistics: with x̂ = (x − mean) / √(variance + epsilon),
 * doffset = Σ dy, dscale = Σ dy · x̂, dx = scale / √(variance + epsilon) · (dy − doffset / n − x̂ · dscale / n).
 */
export function batchNormGradient(
  dy: usize,
  x: usize,
  scale: usize,
  mean: usize,
  variance: usize,
  dx: usize,
  dscale: usize,
  doffset: usize,
  scratch: usize,
  rows: i32,
  channels: i32,
  epsilon: f64,
): void {
  const together = rowsTogether(channels);
  const columns = channels * together;
  const groups = rows / together;
  const rest = rows % together;
  const tail = (groups * columns) << 2;
  const first = scratch;
  const second = first + (columns << 3);
  const center = second + (columns << 3);
  const factor = center + (columns << 2);
  const constant = factor + (columns << 2);
  const slope = constant + (columns << 2);
  for (let c = 0; c < channels; c++) store<f32>(center + (c << 2), load<f32>(mean + (c << 2)));
  repeat(center, channels, together);
  clearDoubles(first, 2 * columns);
  sumProducts(dy, x, center, first, second, groups, columns);
  for (let c = 0; c < channels; c++) {
    let sum = folded(first, c, channels, together);
    let product = folded(second, c, channels, together);
    for (let r = 0; r < rest; r++) {
      const at = tail + ((r * channels + c) << 2);
      const d = <f64>load<f32>(dy + at);
      sum += d;
      product += d * <f64>(load<f32>(x + at) - load<f32>(center + (c << 2)));
    }
    const inverse = 1 / Math.sqrt(<f64>load<f32>(variance + (c << 2)) + epsilon);
    const gain = <f64>load<f32>(scale + (c << 2)) * inverse;
    store<f32>(doffset + (c << 2), <f32>sum);
    store<f32>(dscale + (c << 2), <f32>(product * inverse));
    store<f32>(factor + (c << 2), <f32>gain);
    store<f32>(constant + (c << 2), <f32>((-gain * sum) / <f64>rows));
    store<f32>(slope + (c << 2), <f32>((-gain * inverse * inverse * product) / <f64>rows));
  }
  repeat(factor, channels, together);
  repeat(constant, channels, together);
  repeat(slope, channels, together);
  for (let r = 0; r < groups; r++) {
    for (let c = 0; c < columns << 2; c += 16) {
      const d = f32x4.sub(v128.load(x), v128.load(center + c));
      const linear = f32x4.add(f32x4.mul(d, v128.load(slope + c)), v128.load(constant + c));
      v128.store(dx, f32x4.add(f32x4.mul(v128.load(dy), v128.load(factor + c)), linear));
      x += 16;
      dy += 16;
      dx += 16;
    }
  }
  for (let i = 0; i < rest * channels; i++) {
    const at = i << 2;
    const d = load<f32>(x + at) - load<f32>(center + at);
    const linear = d * load<f32>(slope + at) + load<f32>(constant + at);
    store<f32>(dx + at, load<f32>(dy + at) * load<f32>(factor + at) + linear);
  }
}
