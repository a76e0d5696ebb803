/** y = min(max(x, 0), upper), `count` floats. NaN stays NaN. */
export function clip(x: usize, y: usize, count: i32, upper: f32): void {
  const zero = f32x4.splat(0);
  const limit = f32x4.splat(upper);
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const v = v128.load(x + (i << 2));
    v128.store(y + (i << 2), f32x4.min(f32x4.max(v, zero), limit));
  }
  for (; i < count; i++) store<f32>(y + (i << 2), min<f32>(max<f32>(load<f32>(x + (i << 2)), 0), upper));
}
