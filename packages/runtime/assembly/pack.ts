/** Copies `count` floats; four at a time, then one. */
export function copyFloats(from: usize, to: usize, count: i32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) v128.store(to + (i << 2), v128.load(from + (i << 2)));
  for (; i < count; i++) store<f32>(to + (i << 2), load<f32>(from + (i << 2)));
}

/** Sets `count` floats to zero. */
export function clearFloats(to: usize, count: i32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) v128.store(to + (i << 2), f32x4.splat(0));
  for (; i < count; i++) store<f32>(to + (i << 2), 0);
}

/**
 * Copies a window of an image [inHeight, inWidth, channels] to `to` [height, width, packedChannels].
 *
 * The window starts at row `top` and column `left`, which may be negative; outside the image, and beyond its
 * channels, it is zero. So the arithmetic that follows needs no bounds.
 */
export function packWindow(
  from: usize,
  inHeight: i32,
  inWidth: i32,
  channels: i32,
  top: i32,
  left: i32,
  to: usize,
  height: i32,
  width: i32,
  packedChannels: i32,
): void {
  const whole = channels == packedChannels;
  const first = max(left, 0);
  const last = min(left + width, inWidth);
  for (let r = 0; r < height; r++) {
    const row = top + r;
    const target = to + ((r * width * packedChannels) << 2);
    if (row < 0 || row >= inHeight || last <= first) {
      clearFloats(target, width * packedChannels);
      continue;
    }
    const source = from + (((row * inWidth + first) * channels) << 2);
    clearFloats(target, (first - left) * packedChannels);
    const inner = target + (((first - left) * packedChannels) << 2);
    if (whole) copyFloats(source, inner, (last - first) * channels);
    else {
      for (let c = 0; c < last - first; c++) {
        const pixel = inner + ((c * packedChannels) << 2);
        copyFloats(source + ((c * channels) << 2), pixel, channels);
        clearFloats(pixel + (channels << 2), packedChannels - channels);
      }
    }
    clearFloats(target + (((last - left) * packedChannels) << 2), (left + width - last) * packedChannels);
  }
}
