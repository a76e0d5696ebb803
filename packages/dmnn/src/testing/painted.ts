import sharp, { type Sharp } from 'sharp';

/** A picture that is brighter to the right and greener to the bottom, so that a turned one is another. */
export function painted(widthPx: number, heightPx: number): Sharp {
  const bytes = new Uint8Array(widthPx * heightPx * 3);
  for (let y = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++) {
      const [right, down] = [x / widthPx, y / heightPx];
      bytes.set([255 * right, 255 * down, 128 + 100 * Math.sin(9 * right * down)], 3 * (y * widthPx + x));
    }
  }
  return sharp(bytes, { raw: { width: widthPx, height: heightPx, channels: 3 } });
}
