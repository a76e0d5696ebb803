/** A window that slides over a square map: the filter of a convolution or the window of a pool. */
export interface SlidingWindow {
  /** Height and width, in pixels. */
  readonly kernelSize: number;
  readonly stride: number;
  /** Pixels added on each side. */
  readonly padding: number;
}

/**
 * Side of the output map of a sliding window, in pixels: ⌊(size + 2·padding − kernelSize) / stride⌋ + 1, as in
 * PyTorch.
 *
 * The result is 0 or less if the window is larger than the padded map.
 *
 * @param sizePx - side of the square input map, in pixels
 * @example
 * ```ts
 * import { windowOutSizePx } from '@dmnn/architecture';
 *
 * console.log(windowOutSizePx(224, { kernelSize: 7, stride: 2, padding: 3 })); // => 112
 * ```
 */
export function windowOutSizePx(sizePx: number, window: SlidingWindow): number {
  return Math.floor((sizePx + 2 * window.padding - window.kernelSize) / window.stride) + 1;
}
