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

/** The requested view of an image. */
export interface DecodedImage extends ImageSize {
  /** `[heightPx, widthPx, 3]`: red, green, blue. */
  readonly pixels: Uint8Array;
  /** Size of the whole image, upright. */
  readonly original: ImageSize;
}

/**
 * Decodes a view of an image: rotated according to its EXIF data, as 8-bit red, green and blue, resized with an
 * antialiased bilinear filter, as in Pillow.
 *
 * JPEGs are decoded by libjpeg-turbo in WebAssembly, and only inside the view; colours match Pillow's (colour
 * profiles are ignored, for CMYK too). Other formats are decoded by sharp, an optional peer dependency.
 *
 * @param bytes - the file's content. It must not change until the promise settles; it is not written to.
 * @param viewOf - the view to decode: `evaluationView()`, `trainingView(…)`, or your own.
 * @param file - the file's name, for messages.
 * @throws DataError (`DMNN_DATA`) if the file is damaged or not an image. DmnnError `DMNN_IMAGE_LIBRARY` if it is not
 * a JPEG and sharp is not installed. RangeError if the view does not fit the image.
 * @example
 * ```ts
 * import { DataError, decodeImage, evaluationView } from '@dmnn/data';
 *
 * const bytes = new Uint8Array([0xff, 0xd8, 0xff]); // only the first bytes of a JPEG
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
 * Like `decodeImage`, but returns floats if a scaling is given.
 *
 * @param take - must copy what it needs before it returns: the values are in the decoder's memory, which the next
 * image overwrites.
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
  const reason = cause instanceof Error ? cause.message : String(cause);
  let got = `a damaged one (${reason})`;
  let remedy = 'Download the file again, or leave it out.';
  if (bytes.length === 0) got = 'an empty file';
  else if (cause instanceof TooManyPixels) {
    got = `one of ${reason}`;
    remedy = `At most ${MOST_PIXELS} are read: reduce it first.`;
  } else if (cause instanceof DecoderFailure && cause.reason === 'truncated') {
    got = `the end of the file after ${bytes.length} bytes`;
    remedy = 'The file is truncated: download it again, or leave it out.';
  } else if (cause instanceof DecoderFailure && cause.reason === 'precision') {
    got = 'one of an unsupported kind (lossless, or more than 8 bits)';
    remedy = 'Convert it to an ordinary JPEG or a PNG.';
  } else if (cause instanceof DecoderFailure && cause.reason === 'memory') {
    got = 'one that does not fit into 4 GiB while it is decoded';
    remedy = 'Reduce it first.';
  }
  return new DataError({ file, expected, got, remedy }, { cause });
}
