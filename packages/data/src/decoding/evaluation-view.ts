import type { ViewOf } from './image-view.js';

/** How images are seen in evaluation. */
export interface EvaluationViewOptions {
  /** What the shorter side is resized to. Default 256. */
  readonly shorterSidePx?: number | undefined;
  /** Width and height of the middle that comes out, at most `shorterSidePx`. Default 224. */
  readonly sizePx?: number | undefined;
}

/**
 * Reads an image for evaluation, as torchvision's `Resize(256)` and `CenterCrop(224)` do: the shorter side is
 * resized, the longer one with it (rounded down), and the middle is cut out.
 *
 * @throws RangeError if an option is not a whole number ≥ 1 or the middle is larger than the shorter side.
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

/** Halves go to the even neighbour, as Python's `round` has it. */
function roundedToEven(half: number): number {
  const below = Math.floor(half);
  return half - below === 0.5 ? below + (below % 2) : Math.round(half);
}
