import { isDmnnError } from '@dmnn/foundation';
import { DataError } from '../data-error.js';
import { decodeOtherImage } from './decode-other-image.js';
import { exifOrientation } from './exif-orientation.js';
import { DecoderFailure } from './decoder-module.js';
import type { ViewOf, ImageSize } from './image-view.js';
import {
  type ByteScaling,
  MOST_PIXELS,
  type Sampled,
  TooManyPixels,
  sampleJpeg,
  samplePixels,
} from './sample-image.js';

/** An image, or the part of it that was asked for. */
export interface DecodedImage extends ImageSize {
  /** `[heightPx, widthPx, 3]`: red, green, blue. */
  readonly pixels: Uint8Array;
  /** Of the whole image, upright. */
  readonly original: ImageSize;
}

/**
 * Decodes what a view wants of an image: turned as its EXIF data says, in 8 bits of red, green and blue,
 * resized with an antialiased bilinear filter, as Pillow does it.
 *
 * JPEGs are decoded by libjpeg-turbo in WebAssembly, and only where the view lies; colours are Pillow's (no colour
 * profile; CMYK without one). Other formats are decoded by sharp, an optional peer dependency.
 *
 * @param bytes - the file. Kept until the promise settles; not changed.
 * @param viewOf - what is wanted: `evaluationView()`, `trainingView(…)`, or your own.
 * @param file - the file's name, for messages.
 * @throws DataError (`DMNN_DATA`) if the file is damaged or no image. DmnnError `DMNN_IMAGE_LIBRARY` if it
 * is no JPEG and sharp is not installed. RangeError if the view does not fit the image.
 * @example
 * ```ts
 * import { DataError, decodeImage, evaluationView } from '@dmnn/data';
 *
 * const bytes = new Uint8Array([0xff, 0xd8, 0xff]); // the first bytes of a JPEG, and no more
 * try {
 *   const { pixels } = await decodeImage(bytes, evaluationView(), 'cut.jpg');
 *   console.log(pixels.length); // 224 · 224 · 3
 * } catch (error) {
 *   if (!(error instanceof DataError)) throw error;
 *   console.log(error.file, error.got); // => cut.jpg the end of the file after 3 bytes
 * }
 * ```
 */
export async function decodeImage(bytes: Uint8Array, viewOf: ViewOf, file: string): Promise<DecodedImage> {
  return sampleImage(bytes, viewOf, file, undefined, ({ values, size, view }) => {
    const { widthPx, heightPx } = view.window;
    return { pixels: new Uint8Array(values), widthPx, heightPx, original: size };
  });
}

/**
 * As `decodeImage`, in floats where a scaling is given.
 *
 * @param take - copies what it needs at once: the values lie in the decoder's memory, which the next image takes.
 */
export async function sampleImage<Result>(
  bytes: Uint8Array,
  viewOf: ViewOf,
  file: string,
  scaling: ByteScaling | undefined,
  take: (sampled: Sampled) => Result,
): Promise<Result> {
  try {
    if (isJpeg(bytes)) return take(sampleJpeg(bytes, exifOrientation(bytes), viewOf, scaling));
    return take(samplePixels(await decodeOtherImage(bytes, file), viewOf, scaling));
  } catch (cause) {
    if (cause instanceof RangeError || isDmnnError(cause, 'DMNN_IMAGE_LIBRARY')) throw cause;
    throw dataError(cause, bytes, file);
  }
}

function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8;
}

function dataError(cause: unknown, bytes: Uint8Array, file: string): DataError {
  const expected = isJpeg(bytes) ? 'a JPEG image' : 'an image';
  const told = cause instanceof Error ? cause.message : String(cause);
  let got = `a damaged one (${told})`;
  let remedy = 'Get the file again, or leave it out.';
  if (bytes.length === 0) got = 'an empty file';
  else if (cause instanceof TooManyPixels) {
    got = `one of ${told}`;
    remedy = `At most ${MOST_PIXELS} are read: reduce it first.`;
  } else if (cause instanceof DecoderFailure && cause.reason === 'truncated') {
    got = `the end of the file after ${bytes.length} bytes`;
    remedy = 'The file is cut short: get it again, or leave it out.';
  } else if (cause instanceof DecoderFailure && cause.reason === 'precision') {
    got = 'one of a kind that is not read (lossless, or more than 8 bits)';
    remedy = 'Convert it to an ordinary JPEG or a PNG.';
  } else if (cause instanceof DecoderFailure && cause.reason === 'memory') {
    got = 'one that does not fit into 4 GiB while it is decoded';
    remedy = 'Reduce it first.';
  }
  return new DataError({ file, expected, got, remedy }, { cause });
}
