import { imageLibraryError } from './image-library-error.js';
import { MOST_PIXELS, type RawPixels } from './sample-image.js';

/**
 * Decodes PNG, WebP, GIF, TIFF, AVIF and every other format that sharp reads: upright, 8 bits, red, green, blue.
 * Colours are converted to sRGB, transparent pixels are blended with white, and animations give their first frame.
 *
 * @throws DmnnError `DMNN_IMAGE_LIBRARY` if sharp is not installed. Sharp's error if the file is damaged.
 */
export async function decodeOtherImage(bytes: Uint8Array, file: string): Promise<RawPixels> {
  const { default: sharp } = await import('sharp').catch((cause: unknown) => {
    throw imageLibraryError(file, { cause });
  });
  const { data, info } = await sharp(bytes, {
    failOn: 'error',
    limitInputPixels: MOST_PIXELS,
    autoOrient: true,
  })
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const { width: widthPx, height: heightPx, channels } = info;
  if (channels === 3) return { bytes: data, widthPx, heightPx };
  // grey stays one channel
  const rgb = new Uint8Array(widthPx * heightPx * 3);
  for (let pixel = 0; pixel < widthPx * heightPx; pixel++) {
    rgb.fill(data[pixel * channels] as number, 3 * pixel, 3 * pixel + 3);
  }
  return { bytes: rgb, widthPx, heightPx };
}
