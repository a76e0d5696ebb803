import { encode } from 'fast-png';

/** Pixels of an image. */
export interface PngPixels {
  readonly widthPx: number;
  readonly heightPx: number;
  /** Rows of red, green, blue bytes: `widthPx · heightPx · 3`. */
  readonly data: Uint8Array;
}

/**
 * Encodes an image as PNG in a `data:` URI, which a page can show without a file.
 *
 * @throws RangeError if `data` does not have three bytes per pixel
 * @example
 * ```ts
 * import { pngDataUri } from '@dmnn/report';
 *
 * const uri = pngDataUri({ widthPx: 1, heightPx: 1, data: Uint8Array.of(255, 0, 0) });
 * console.log(uri.slice(0, 30)); // => data:image/png;base64,iVBORw0K
 * ```
 */
export function pngDataUri({ widthPx, heightPx, data }: PngPixels): string {
  if (data.length !== widthPx * heightPx * 3) {
    throw new RangeError(
      `data: expected ${widthPx} × ${heightPx} × 3 bytes of red, green, blue, got ${data.length}`,
    );
  }
  const png = encode({ width: widthPx, height: heightPx, channels: 3, depth: 8, data });
  return `data:image/png;base64,${base64(png)}`;
}

function base64(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}
