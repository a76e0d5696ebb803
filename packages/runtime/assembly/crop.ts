import { packWindow } from './pack';

/** x [batch, inHeight, inWidth, channels] → y [batch, height, width, channels], from row `top` and column `left`. */
export function crop(
  x: usize,
  y: usize,
  batch: i32,
  inHeight: i32,
  inWidth: i32,
  channels: i32,
  top: i32,
  left: i32,
  height: i32,
  width: i32,
): void {
  for (let image = 0; image < batch; image++) {
    packWindow(x, inHeight, inWidth, channels, top, left, y, height, width, channels);
    x += (inHeight * inWidth * channels) << 2;
    y += (height * width * channels) << 2;
  }
}
