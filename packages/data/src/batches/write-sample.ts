import { type CropFlip, PAD_PX } from './crop-flip.js';

/**
 * Pads, crops, flips and normalises one image and writes it to `target` at `offset`.
 *
 * Padding is black *before* normalisation, as in torchvision's `RandomCrop(32, padding=4)` on an image: the network
 * sees −mean/deviation there, not 0.
 *
 * @param target - floats of the batch `[B, S, S, 3]`.
 * @param offset - index in `target` of the image's first float.
 * @param pixels - `[S, S, 3]` bytes.
 * @param sizePx - S.
 * @param table - from `normalisationTable`.
 */
export function writeSample(
  target: Float32Array,
  offset: number,
  pixels: Uint8Array,
  sizePx: number,
  table: Float32Array,
  crop: CropFlip,
): void {
  const { topPx, leftPx, flipped } = crop;
  const step = flipped ? -3 : 3;
  const firstColumn = Math.max(0, PAD_PX - leftPx);
  const endColumn = Math.min(sizePx, sizePx + PAD_PX - leftPx);
  const black = [table[0] as number, table[256] as number, table[512] as number] as const;
  for (let row = 0; row < sizePx; row++) {
    const sourceRow = row + topPx - PAD_PX;
    let at = offset + row * sizePx * 3 + (flipped ? (sizePx - 1) * 3 : 0);
    const inside = sourceRow >= 0 && sourceRow < sizePx;
    let from = (sourceRow * sizePx + leftPx - PAD_PX) * 3;
    for (let column = 0; column < sizePx; column++, at += step, from += 3) {
      if (inside && column >= firstColumn && column < endColumn) {
        target[at] = table[pixels[from] as number] as number;
        target[at + 1] = table[256 + (pixels[from + 1] as number)] as number;
        target[at + 2] = table[512 + (pixels[from + 2] as number)] as number;
      } else {
        target[at] = black[0];
        target[at + 1] = black[1];
        target[at + 2] = black[2];
      }
    }
  }
}
