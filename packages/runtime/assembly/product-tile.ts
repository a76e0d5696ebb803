/**
 * Four neighbouring pixels × eight channels of a convolution, written to `out`:
 * out[m, n] = Σ over taps, then k, of from[m · step + tap, k] · weights[tap, k, n].
 *
 * `taps` is a list of pairs of byte offsets, into `from` and into `weights`; `step` and `row` (of the weights) are
 * bytes too. `pixels` ≤ 4 and `channels` ≤ 8 say how much of the tile is wanted; more is read but not written.
 */
function tile8(
  from: usize,
  step: i32,
  weights: usize,
  row: i32,
  taps: usize,
  tapCount: i32,
  depth: i32,
  out: usize,
  outStep: i32,
  pixels: i32,
  channels: i32,
): void {
  let a0 = f32x4.splat(0);
  let b0 = f32x4.splat(0);
  let a1 = f32x4.splat(0);
  let b1 = f32x4.splat(0);
  let a2 = f32x4.splat(0);
  let b2 = f32x4.splat(0);
  let a3 = f32x4.splat(0);
  let b3 = f32x4.splat(0);
  for (let t = 0; t < tapCount; t++) {
    let p0 = from + load<i32>(taps + (t << 3));
    let p1 = p0 + step;
    let p2 = p1 + step;
    let p3 = p2 + step;
    let w = weights + load<i32>(taps + (t << 3), 4);
    for (let k = 0; k < depth; k++) {
      const u = v128.load(w);
      const v = v128.load(w, 16);
      let s = v128.load32_splat(p0);
      a0 = f32x4.add(a0, f32x4.mul(s, u));
      b0 = f32x4.add(b0, f32x4.mul(s, v));
      s = v128.load32_splat(p1);
      a1 = f32x4.add(a1, f32x4.mul(s, u));
      b1 = f32x4.add(b1, f32x4.mul(s, v));
      s = v128.load32_splat(p2);
      a2 = f32x4.add(a2, f32x4.mul(s, u));
      b2 = f32x4.add(b2, f32x4.mul(s, v));
      s = v128.load32_splat(p3);
      a3 = f32x4.add(a3, f32x4.mul(s, u));
      b3 = f32x4.add(b3, f32x4.mul(s, v));
      p0 += 4;
      p1 += 4;
      p2 += 4;
      p3 += 4;
      w += row;
    }
  }
  store8(out, a0, b0, channels);
  if (pixels > 1) store8(out + outStep, a1, b1, channels);
  if (pixels > 2) store8(out + 2 * outStep, a2, b2, channels);
  if (pixels > 3) store8(out + 3 * outStep, a3, b3, channels);
}

/** The same for four channels. */
function tile4(
  from: usize,
  step: i32,
  weights: usize,
  row: i32,
  taps: usize,
  tapCount: i32,
  depth: i32,
  out: usize,
  outStep: i32,
  pixels: i32,
  channels: i32,
): void {
  let a0 = f32x4.splat(0);
  let a1 = f32x4.splat(0);
  let a2 = f32x4.splat(0);
  let a3 = f32x4.splat(0);
  for (let t = 0; t < tapCount; t++) {
    let p0 = from + load<i32>(taps + (t << 3));
    let p1 = p0 + step;
    let p2 = p1 + step;
    let p3 = p2 + step;
    let w = weights + load<i32>(taps + (t << 3), 4);
    for (let k = 0; k < depth; k++) {
      const u = v128.load(w);
      a0 = f32x4.add(a0, f32x4.mul(v128.load32_splat(p0), u));
      a1 = f32x4.add(a1, f32x4.mul(v128.load32_splat(p1), u));
      a2 = f32x4.add(a2, f32x4.mul(v128.load32_splat(p2), u));
      a3 = f32x4.add(a3, f32x4.mul(v128.load32_splat(p3), u));
      p0 += 4;
      p1 += 4;
      p2 += 4;
      p3 += 4;
      w += row;
    }
  }
  store4(out, a0, channels);
  if (pixels > 1) store4(out + outStep, a1, channels);
  if (pixels > 2) store4(out + 2 * outStep, a2, channels);
  if (pixels > 3) store4(out + 3 * outStep, a3, channels);
}

function store8(out: usize, a: v128, b: v128, channels: i32): void {
  v128.store(out, a);
  if (channels >= 8) v128.store(out, b, 16);
  else store4(out + 16, b, channels - 4);
}

function store4(out: usize, a: v128, channels: i32): void {
  if (channels >= 4) v128.store(out, a);
  else {
    store<f32>(out, f32x4.extract_lane(a, 0));
    if (channels > 1) store<f32>(out, f32x4.extract_lane(a, 1), 4);
    if (channels > 2) store<f32>(out, f32x4.extract_lane(a, 2), 8);
  }
}

/** Tiles of four pixels and all channels; see `tile8`. `row` has room for the channels in fours. */
export function tileRow(
  from: usize,
  step: i32,
  weights: usize,
  row: i32,
  taps: usize,
  tapCount: i32,
  depth: i32,
  out: usize,
  outStep: i32,
  pixels: i32,
  channels: i32,
): void {
  let n = 0;
  for (; n + 4 < channels; n += 8) {
    const at = n << 2;
    tile8(from, step, weights + at, row, taps, tapCount, depth, out + at, outStep, pixels, channels - n);
  }
  if (n < channels) {
    const at = n << 2;
    tile4(from, step, weights + at, row, taps, tapCount, depth, out + at, outStep, pixels, channels - n);
  }
}
