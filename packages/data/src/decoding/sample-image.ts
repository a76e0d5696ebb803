import { type ExifOrientation, isTransposed } from './image-metadata.js';
import { DecoderFailure, type DecoderFunctions, withDecoderModule } from './decoder-module.js';
import { type ViewOf, type ImageSize, type ImageView, assertView, type ImageBox } from './image-view.js';

/** The scaling of bytes: byte · scale + offset, for red, green and blue. */
export interface ByteScaling {
  readonly scale: readonly number[];
  readonly offset: readonly number[];
}

/** Rows of red, green, blue bytes. */
export interface RawPixels extends ImageSize {
  readonly bytes: Uint8Array;
}

/** The sampled view of one image. It is in the decoder's memory: copy it before the next call. */
export interface Sampled {
  /** Bytes without a scaling, floats with one: `[window.heightPx, window.widthPx, 3]`. */
  readonly values: Uint8Array | Float32Array;
  /** Size of the whole image, upright. */
  readonly size: ImageSize;
  readonly view: ImageView;
}

/**
 * The largest image that is decoded: Pillow's limit, which protects against small files that decode to enormous
 * images.
 */
export const MOST_PIXELS = 178_956_970;

/** Thrown for an image of more than `MOST_PIXELS`. */
export class TooManyPixels extends Error {
  override readonly name = 'TooManyPixels';
}

/**
 * Decodes the part of a JPEG that a view needs, then resamples and scales it.
 *
 * @throws DecoderFailure if the file is damaged. TooManyPixels. RangeError if the view does not fit.
 */
export function sampleJpeg(
  bytes: Uint8Array,
  orientation: ExifOrientation,
  viewOf: ViewOf,
  scaling?: ByteScaling,
): Sampled {
  return withDecoderModule((module) => {
    const header = module.openJpeg(copied(module, bytes), bytes.length); // may move the memory
    const [width, height] = new Uint32Array(module.memory.buffer, header, 2);
    const stored = checkedSize({ widthPx: width as number, heightPx: height as number });
    assertEnoughBytes(bytes.length, stored);
    const prepared = prepare(module, stored, orientation, viewOf, scaling);
    module.sampleJpeg(prepared.plan, prepared.view.reducedDecoding ? 1 : 0);
    return prepared.result();
  });
}

/** Resamples and scales an image that another decoder has decoded. */
export function samplePixels(
  image: RawPixels,
  viewOf: ViewOf,
  scaling?: ByteScaling,
  orientation: ExifOrientation = 1,
): Sampled {
  return withDecoderModule((module) => {
    const { widthPx, heightPx } = checkedSize(image);
    const pixels = copied(module, image.bytes);
    const prepared = prepare(module, { widthPx, heightPx }, orientation, viewOf, scaling);
    module.samplePixels(prepared.plan, pixels, widthPx, heightPx);
    return prepared.result();
  });
}

/** Pixels of an image that takes less than a second, however little its file holds. */
const SMALL_PIXELS = 2 ** 24;
/** Each block of 64 pixels has at least one bit. */
const MOST_PIXELS_OF_A_BYTE = 8 * 64;

/** A file of a few bytes that announces an enormous image would take many seconds, for grey. */
function assertEnoughBytes(bytes: number, { widthPx, heightPx }: ImageSize): void {
  const pixels = widthPx * heightPx;
  if (pixels <= SMALL_PIXELS || bytes * MOST_PIXELS_OF_A_BYTE >= pixels) return;
  throw new DecoderFailure('truncated', `too few bytes for ${widthPx} × ${heightPx} pixels`);
}

function checkedSize(size: ImageSize): ImageSize {
  const { widthPx, heightPx } = size;
  if (widthPx * heightPx <= MOST_PIXELS) return { widthPx, heightPx };
  throw new TooManyPixels(`${widthPx} × ${heightPx} pixels`);
}

function copied(module: DecoderFunctions, bytes: Uint8Array): number {
  const at = module.allocate(bytes.length);
  new Uint8Array(module.memory.buffer, at, bytes.length).set(bytes);
  return at;
}

/** `Plan` of `native/image.h`. */
const PLAN_BYTES = 112;

function prepare(
  module: DecoderFunctions,
  stored: ImageSize,
  orientation: ExifOrientation,
  viewOf: ViewOf,
  scaling: ByteScaling | undefined,
): { readonly plan: number; readonly view: ImageView; readonly result: () => Sampled } {
  const size = isTransposed(orientation) ? { widthPx: stored.heightPx, heightPx: stored.widthPx } : stored;
  const view = viewOf(size);
  assertView(view, size);
  const { box, resized, window, origin, rowStep, columnStep } = samplingPlan(view, size, orientation);
  const count = window.widthPx * window.heightPx * 3;
  const target = module.allocate(scaling ? 4 * count : count);
  const plan = module.allocate(PLAN_BYTES);
  const { buffer } = module.memory;
  new Float64Array(buffer, plan, 4).set([box.leftPx, box.topPx, box.widthPx, box.heightPx]);
  new Int32Array(buffer, plan + 32, 10).set([
    resized.widthPx,
    resized.heightPx,
    window.leftPx,
    window.topPx,
    window.widthPx,
    window.heightPx,
    origin,
    rowStep,
    columnStep,
    scaling ? 1 : 0,
  ]);
  if (scaling) {
    new Float32Array(buffer, plan + 72, 3).set(scaling.scale);
    new Float32Array(buffer, plan + 88, 3).set(scaling.offset);
  }
  new Uint32Array(buffer, plan + 104, 1).set([target]);
  // the memory may have grown since, which moves it
  const values = (): Uint8Array | Float32Array =>
    scaling
      ? new Float32Array(module.memory.buffer, target, count)
      : new Uint8Array(module.memory.buffer, target, count);
  return { plan, view, result: () => ({ values: values(), size, view }) };
}

/** A view in the rows and columns of the file, and the destinations of its pixels. */
interface SamplingPlan {
  readonly box: ImageBox;
  readonly resized: ImageSize;
  readonly window: ImageBox;
  /** Pixel (row, column) of the window goes to place origin + row · rowStep + column · columnStep of the result. */
  readonly origin: number;
  readonly rowStep: number;
  readonly columnStep: number;
}

/**
 * Converts a view of the upright image to a view of the stored image, so that rotating and mirroring are free: they
 * only change where pixels are written.
 *
 * @param upright - size of the upright image.
 */
function samplingPlan(view: ImageView, upright: ImageSize, orientation: ExifOrientation): SamplingPlan {
  const transposed = isTransposed(orientation);
  // which stored axes are reversed
  const columnsReversed = [2, 3, 7, 8].includes(orientation);
  const rowsReversed = [3, 4, 6, 7].includes(orientation);
  const stored = (box: ImageBox, whole: ImageSize): ImageBox => {
    const turned = transposed
      ? { leftPx: box.topPx, topPx: box.leftPx, widthPx: box.heightPx, heightPx: box.widthPx }
      : box;
    const { widthPx, heightPx } = storedSize(whole, transposed);
    return {
      ...turned,
      leftPx: columnsReversed ? widthPx - turned.leftPx - turned.widthPx : turned.leftPx,
      topPx: rowsReversed ? heightPx - turned.topPx - turned.heightPx : turned.topPx,
    };
  };
  const window = stored(view.window, view.resized);
  const place = (row: number, column: number): number => {
    const down = rowsReversed ? window.heightPx - 1 - row : row;
    const across = columnsReversed ? window.widthPx - 1 - column : column;
    const x = transposed ? down : across;
    const y = transposed ? across : down;
    return y * view.window.widthPx + (view.flipped ? view.window.widthPx - 1 - x : x);
  };
  return {
    box: stored(view.box, upright),
    resized: storedSize(view.resized, transposed),
    window,
    origin: place(0, 0),
    rowStep: place(1, 0) - place(0, 0),
    columnStep: place(0, 1) - place(0, 0),
  };
}

function storedSize(size: ImageSize, transposed: boolean): ImageSize {
  return transposed ? { widthPx: size.heightPx, heightPx: size.widthPx } : size;
}
