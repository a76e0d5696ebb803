/** dx = dy where 0 < y < upper, else 0; `count` floats. An infinite `upper` bounds nothing. */
export function clippedGradient(dy: usize, y: usize, dx: usize, count: i32, upper: f32): void {
  const zero = f32x4.splat(0);
  const limit = f32x4.splat(upper);
  const open = upper == Infinity;
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const v = v128.load(y + (i << 2));
    const below = open ? f32x4.le(v, limit) : f32x4.lt(v, limit);
    v128.store(dx + (i << 2), v128.and(v128.load(dy + (i << 2)), v128.and(f32x4.gt(v, zero), below)));
  }
  for (; i < count; i++) {
    const v = load<f32>(y + (i << 2));
    store<f32>(dx + (i << 2), v > 0 && (open || v < upper) ? load<f32>(dy + (i << 2)) : 0);
  }
}
