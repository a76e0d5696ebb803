import type { PngPixels } from '@dmnn/report';

/** Larger pictures would only make the page larger. */
const LARGEST_PX = 112;

/**
 * Shrinks a square image to fit a page by averaging as few whole pixels of the original as possible.
 *
 * @param pixels - rows of red, green, blue bytes: `sizePx² · 3`
 */
export function shrunkPixels(pixels: Uint8Array, sizePx: number): PngPixels {
  const by = Math.ceil(sizePx / LARGEST_PX);
  const widthPx = Math.floor(sizePx / by);
  const data = new Uint8Array(widthPx * widthPx * 3);
  for (let row = 0; row < widthPx; row++) {
    for (let column = 0; column < widthPx; column++) {
      for (let channel = 0; channel < 3; channel++) {
        let sum = 0;
        for (let y = row * by; y < (row + 1) * by; y++) {
          for (let x = column * by; x < (column + 1) * by; x++)
            sum += pixels[(y * sizePx + x) * 3 + channel] as number;
        }
        data[(row * widthPx + column) * 3 + channel] = Math.round(sum / by ** 2);
      }
    }
  }
  return { widthPx, heightPx: widthPx, data };
}
