import { imageLibraryError } from './image-library-error.js';
import { type ExifOrientation, orientationOf } from './image-metadata.js';
import { MOST_PIXELS, type RawPixels, TooManyPixels } from './sample-image.js';

/** Pixels as they are stored, and how they must be rotated. */
export interface OtherImage extends RawPixels {
  readonly orientation: ExifOrientation;
}

/**
 * Decodes PNG, WebP, GIF, TIFF and AVIF, which sharp reads, to red, green, blue bytes as Pillow's `convert('RGB')` does:
 * colour profiles and transparency are ignored, of 16 bits the upper 8 are taken, animations give their first frame.
 *
 * @throws DmnnError `DMNN_IMAGE_LIBRARY` if sharp is not installed. TooManyPixels. Sharp's error if the file is damaged.
 */
export async function decodeOtherImage(bytes: Uint8Array, file: string): Promise<OtherImage> {
  const { default: sharp } = await import('sharp').catch((cause: unknown) => {
    throw imageLibraryError(file, { cause });
  });
  const image = sharp(bytes, { failOn: 'error', limitInputPixels: false, ignoreIcc: true });
  const { width, height, exif, xmp, orientation, format } = await image.metadata();
  if (width * height > MOST_PIXELS) throw new TooManyPixels(`${width} × ${height} pixels`);
  // a TIFF's own tag; an AVIF is rotated already when it is decoded
  const hasOwn = format === 'tiff' || format === 'heif';
  const { data, info } = await image
    .removeAlpha()
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  return {
    bytes: info.channels === 3 ? data : tripled(data, info),
    widthPx: info.width,
    heightPx: info.height,
    orientation: hasOwn ? ((orientation ?? 1) as ExifOrientation) : orientationOf({ exif, xmp }),
  };
}

/** Grey, which sharp leaves as one channel. */
function tripled(
  data: Uint8Array,
  { width, height, channels }: { width: number; height: number; channels: number },
): Uint8Array {
  const rgb = new Uint8Array(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel++) {
    rgb.fill(data[pixel * channels] as number, 3 * pixel, 3 * pixel + 3);
  }
  return rgb;
}
