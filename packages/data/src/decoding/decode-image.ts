import { type FileFormat, type FileKind, fileFormatOf, isDmnnError } from '@dmnn/foundation';
import { DataError } from '../data-error.js';
import { decodeOtherImage } from './decode-other-image.js';
import { orientationOf, readJpegHeader } from './image-metadata.js';
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
 * JPEGs are decoded by libjpeg-turbo in WebAssembly, and only inside the view; whether a file is accepted does not depend
 * on the view. PNG, WebP, GIF, TIFF and AVIF are decoded by sharp, an optional peer dependency. Pixels and decisions are
 * Pillow's: colour profiles and transparency are ignored. Which formats are not read is said by name.
 *
 * @param bytes - the file's content. It must not change until the promise settles; it is not written to.
 * @param viewOf - the view to decode: `evaluationView()`, `trainingView(…)`, or your own.
 * @param file - the file's name, for messages.
 * @throws DataError (`DMNN_DATA`) if the file is damaged, too large, not an image or of a format that is not read. DmnnError `DMNN_IMAGE_LIBRARY` if it is not
 * a JPEG and sharp is not installed. RangeError if the view does not fit the image. What `viewOf` throws.
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
  if (typeof viewOf !== 'function') {
    throw new TypeError(`viewOf: expected a function such as evaluationView(), got ${typeof viewOf}`);
  }
  let failed: { readonly cause: unknown } | undefined; // the caller's view, not the image
  const ownView: ViewOf = (size) => {
    try {
      return viewOf(size);
    } catch (cause) {
      failed = { cause };
      throw cause;
    }
  };
  try {
    return await sampleImage(bytes, ownView, file, undefined, ({ values, size, view }) => {
      const { widthPx, heightPx } = view.window;
      return { pixels: new Uint8Array(values), widthPx, heightPx, original: size };
    });
  } catch (error) {
    throw failed ? failed.cause : error;
  }
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
  const format = fileFormatOf(bytes);
  try {
    switch (format?.kind) {
      case 'jpeg': {
        const orientation = orientationOf(readJpegHeader(bytes));
        return take(sampleJpeg(bytes, orientation, viewOf, scaling));
      }
      case 'png':
      case 'webp':
      case 'gif':
      case 'tiff':
      case 'avif': {
        const image = await decodeOtherImage(bytes, file);
        return take(samplePixels(image, viewOf, scaling, image.orientation));
      }
      default:
        throw notRead(bytes, file, format);
    }
  } catch (cause) {
    if (cause instanceof RangeError || isDmnnError(cause)) throw cause;
    throw dataError(cause, bytes, file, format?.name ?? 'an image');
  }
}

const read = 'a JPEG, PNG, WebP, GIF, TIFF or AVIF';

function notRead(bytes: Uint8Array, file: string, format: FileFormat | undefined): DataError {
  const start = [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  const got = format?.name ?? `a file that begins with the bytes ${start}`;
  return new DataError({ file, expected: read, got, remedy: remedyFor(format?.kind) });
}

/** What to do with a file that is not read. */
function remedyFor(kind: FileKind | undefined): string {
  switch (kind) {
    case 'heic':
    case 'bmp':
    case 'pnm':
    case 'jpeg-2000':
    case 'jpeg-xl':
    case 'ico':
    case 'photoshop':
    case 'openexr':
    case 'radiance':
    case 'qoi':
    case 'svg':
      return 'Convert it to PNG or JPEG, or leave it out.';
    case 'html':
      return 'Download the image itself: a server has answered with a page.';
    case 'git-lfs':
      return 'Fetch the file itself: git lfs pull';
    case 'zip':
    case 'tar':
    case '7z':
    case 'rar':
    case 'gzip':
    case 'zstd':
    case 'bzip2':
    case 'xz':
    case 'lz4':
    case 'lzip':
    case 'compress':
      return 'Unpack it, and pass the images in it.';
    default:
      return 'Replace it by an image, or leave it out.';
  }
}

function dataError(cause: unknown, bytes: Uint8Array, file: string, name: string): DataError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  let expected = `${name} that is intact`;
  let got = `a damaged one (${reason})`;
  let remedy = 'Download the file again, or leave it out.';
  if (cause instanceof TooManyPixels) {
    expected = `${name} of at most ${MOST_PIXELS} pixels`;
    got = reason;
    remedy = 'Reduce it first, or leave it out.';
  } else if (cause instanceof DecoderFailure && cause.reason === 'truncated') {
    got = `the end of the file after ${bytes.length} bytes`;
    remedy = 'The file is truncated or overwritten: download it again, or leave it out.';
  } else if (cause instanceof DecoderFailure && cause.reason === 'kind') {
    expected = 'a JPEG of 8 bits for each sample and 1, 3 or 4 components, neither lossless nor hierarchical';
    got = reason === '' ? 'one of another kind' : reason;
    remedy = 'Convert it to an ordinary JPEG or a PNG.';
  } else if (cause instanceof DecoderFailure && cause.reason === 'memory') {
    expected = `${name} that fits into memory`;
    got = 'one that does not fit into 4 GiB while it is decoded';
    remedy = 'Reduce it first, or leave it out.';
  } else if (/unsupported image format|compression format has not been built in/i.test(reason)) {
    got = `one that sharp does not read (${reason})`;
    remedy = 'It is damaged, or of a kind that sharp lacks: download it again, or convert it to PNG or JPEG.';
  }
  return new DataError({ file, expected, got, remedy }, { cause });
}
