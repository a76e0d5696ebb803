import type { ViewOf } from './image-view.js';

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
