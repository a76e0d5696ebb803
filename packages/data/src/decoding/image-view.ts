/** Width and height in pixels, as a person sees the image: after its EXIF orientation is applied. */
export interface ImageSize {
  readonly widthPx: number;
  readonly heightPx: number;
}

/** A rectangle of an image, in pixels. */
export interface ImageBox extends ImageSize {
  readonly leftPx: number;
  readonly topPx: number;
}

/**
 * What is wanted of an image: a box of it, resized, and of that a window, perhaps mirrored. Nothing outside of
 * the box is looked at, as if the image had been cropped first.
 */
export interface ImageView {
  /** In the image; may have fractions. */
  readonly box: ImageBox;
  /** What the box is resized to. */
  readonly resized: ImageSize;
  /** In the resized box: what comes out. Whole pixels. */
  readonly window: ImageBox;
  /** Whether left and right are exchanged at the end. */
  readonly flipped: boolean;
  /**
   * Whether a JPEG may be decoded at a half, a quarter or an eighth of its size where the box is so large that it
   * is reduced by as much anyway. Faster; pixels then differ from a whole decoding's by a few steps of 255.
   */
  readonly reducedDecoding: boolean;
}

/** Decides what is wanted of an image, once its size is known. */
export type ViewOf = (size: ImageSize) => ImageView;

/**
 * Throws a RangeError unless the view can be made of an image of that size: the box inside of it, the window inside
 * of the resized box, whole pixels where they are asked for.
 */
export function assertView(view: ImageView, size: ImageSize): void {
  const { box, resized, window } = view;
  if (!inside(box, size)) {
    throw new RangeError(`box: expected a box inside ${sizeText(size)}, got ${boxText(box)}`);
  }
  const whole = (value: number): boolean => Number.isInteger(value) && value > 0 && value <= LARGEST_SIDE;
  if (!whole(resized.widthPx) || !whole(resized.heightPx)) {
    throw new RangeError(`resized: expected whole pixels > 0, got ${sizeText(resized)}`);
  }
  const { leftPx, topPx, widthPx, heightPx } = window;
  if (![leftPx, topPx, widthPx, heightPx].every(Number.isSafeInteger) || !inside(window, resized)) {
    throw new RangeError(
      `window: expected whole pixels inside the resized ${sizeText(resized)}, got ${boxText(window)}`,
    );
  }
  if (widthPx * heightPx > LARGEST_WINDOW) {
    throw new RangeError(`window: expected at most ${LARGEST_WINDOW} pixels, got ${boxText(window)}`);
  }
}

const LARGEST_SIDE = 2 ** 31 - 1; // an integer in the decoder; what lies outside of the window costs nothing
const LARGEST_WINDOW = 2 ** 26; // with four bytes for each of three channels, well inside WebAssembly's memory

function inside(box: ImageBox, size: ImageSize): boolean {
  const { leftPx, topPx, widthPx, heightPx } = box;
  return (
    leftPx >= 0 &&
    topPx >= 0 &&
    widthPx > 0 &&
    heightPx > 0 &&
    leftPx + widthPx <= size.widthPx &&
    topPx + heightPx <= size.heightPx
  );
}

const sizeText = (size: ImageSize): string => `${size.widthPx} × ${size.heightPx}`;
const boxText = (box: ImageBox): string => `${sizeText(box)} at (${box.leftPx}, ${box.topPx})`;
