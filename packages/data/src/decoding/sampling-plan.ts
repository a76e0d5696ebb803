import { type ExifOrientation, isTransposed } from './exif-orientation.js';
import type { ImageBox, ImageSize, ImageView } from './image-view.js';

/** A view in the rows and columns of the file, and the destinations of its pixels. */
export interface SamplingPlan {
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
export function samplingPlan(
  view: ImageView,
  upright: ImageSize,
  orientation: ExifOrientation,
): SamplingPlan {
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
