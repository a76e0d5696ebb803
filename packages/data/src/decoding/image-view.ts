/** Width and height in pixels, after the EXIF orientation is applied. */
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
 * A view of an image: a box of it is resized, a window is cut from the result, and the window may be mirrored. Pixels
 * outside the box have no influence, as if the image had been cropped first.
 */
export interface ImageView {
  /** In the image; may be fractional. */
  readonly box: ImageBox;
  /** Size of the box after resizing. */
  readonly resized: ImageSize;
  /** In the resized box: the part to return. Whole pixels. */
  readonly window: ImageBox;
  /** Whether the window is mirrored (left and right exchanged). */
  readonly flipped: boolean;
  /**
   * Whether a JPEG may be decoded at a half, a quarter or an eighth of its size if the box is reduced by at least
   * that much anyway. This is faster; pixels then differ from those of a full decoding by a few steps of 255.
   */
  readonly reducedDecoding: boolean;
}

/** Chooses the view of an image from its size. */
export type ViewOf = (size: ImageSize) => ImageView;

/**
 * Throws a RangeError unless the view fits an image of that size: the box must be inside the image, the window inside
 * the resized box, and both the resized size and the window in whole pixels.
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

const LARGEST_SIDE = 2 ** 31 - 1; // an integer in the decoder; pixels outside the window cost nothing
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

/** How images are resized and cropped in evaluation. */
export interface EvaluationViewOptions {
  /** Length of the shorter side after resizing. Default 256. */
  readonly shorterSidePx?: number | undefined;
  /** Width and height of the centre crop, at most `shorterSidePx`. Default 224. */
  readonly sizePx?: number | undefined;
}

/**
 * The evaluation view of torchvision's `Resize(256)` and `CenterCrop(224)`: resizes the shorter side, the longer one
 * in proportion (rounded down), and crops the centre.
 *
 * @throws RangeError if an option is not an integer ≥ 1 or the crop is larger than the shorter side.
 * @example
 * ```ts
 * import { evaluationView } from '@dmnn/data';
 *
 * const view = evaluationView()({ widthPx: 500, heightPx: 375 });
 * console.log(view.resized, view.window.leftPx, view.window.topPx); // => { widthPx: 341, heightPx: 256 } 58 16
 * ```
 */
export function evaluationView(options: EvaluationViewOptions = {}): ViewOf {
  const { shorterSidePx = 256, sizePx = 224 } = options;
  if (!Number.isInteger(shorterSidePx) || shorterSidePx < 1) {
    throw new RangeError(`shorterSidePx: expected an integer ≥ 1, got ${shorterSidePx}`);
  }
  if (!Number.isInteger(sizePx) || sizePx < 1 || sizePx > shorterSidePx) {
    throw new RangeError(
      `sizePx: expected an integer from 1 to shorterSidePx = ${shorterSidePx}, got ${sizePx}`,
    );
  }
  return ({ widthPx, heightPx }) => {
    const shorter = Math.min(widthPx, heightPx);
    const resized = {
      widthPx: widthPx === shorter ? shorterSidePx : Math.floor((shorterSidePx * widthPx) / shorter),
      heightPx: heightPx === shorter ? shorterSidePx : Math.floor((shorterSidePx * heightPx) / shorter),
    };
    return {
      box: { leftPx: 0, topPx: 0, widthPx, heightPx },
      resized,
      window: {
        leftPx: roundedToEven((resized.widthPx - sizePx) / 2),
        topPx: roundedToEven((resized.heightPx - sizePx) / 2),
        widthPx: sizePx,
        heightPx: sizePx,
      },
      flipped: false,
      reducedDecoding: false,
    };
  };
}

/** Rounds halves to the even neighbour, like Python's `round`. */
function roundedToEven(half: number): number {
  const below = Math.floor(half);
  return half - below === 0.5 ? below + (below % 2) : Math.round(half);
}
