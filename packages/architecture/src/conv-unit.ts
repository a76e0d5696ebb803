import type { Activation } from './activations.js';

/** Rows and columns that a window sees around a map, in pixels. */
export interface PaddingSides {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

/** Padding of a known size: a number of pixels on all four sides, or one for each side. */
export type FixedPadding = number | PaddingSides;

/**
 * Padding of a window: pixels on all four sides, or on each side, or `'same'`.
 *
 * `'same'` is TensorFlow's: an output of ⌈size / stride⌉ pixels, from as few pixels of padding as that takes, half of them
 * on each side and an odd one at the bottom and right. At stride 2 it depends on the size of the map: a 3×3 window gets 0
 * pixels before and 1 after an even number, and 1 on each side of an odd one.
 */
export type Padding = FixedPadding | 'same';

/** A window that slides over a map: the filter of a convolution or the window of a pool. */
export interface SlidingWindow {
  /** Height and width, in pixels. */
  readonly kernelSize: number;
  readonly stride: number;
  readonly padding: Padding;
}

/**
 * The padding of a window on each side of a map.
 *
 * @param heightPx - of the map
 * @param widthPx - of the map; as high if left out
 * @see TensorFlow, `tf.nn`, "Notes on padding"
 * @example
 * ```ts
 * import { paddingSides } from '@dmnn/architecture';
 *
 * const window = { kernelSize: 5, stride: 2, padding: 'same' } as const;
 * console.log(paddingSides(window, 224)); // => { top: 1, bottom: 2, left: 1, right: 2 }
 * console.log(paddingSides(window, 225)); // => { top: 2, bottom: 2, left: 2, right: 2 }
 * ```
 */
export function paddingSides(
  window: SlidingWindow,
  heightPx: number,
  widthPx: number = heightPx,
): PaddingSides {
  const { padding } = window;
  if (typeof padding === 'number') return { top: padding, bottom: padding, left: padding, right: padding };
  if (padding !== 'same') return padding;
  const [top, bottom] = sameAround(heightPx, window);
  const [left, right] = sameAround(widthPx, window);
  return { top, bottom, left, right };
}

/** Pixels before and after the pixels of an axis. */
function sameAround(sizePx: number, { kernelSize, stride }: SlidingWindow): [before: number, after: number] {
  const last = (Math.ceil(sizePx / stride) - 1) * stride + kernelSize;
  const total = Math.max(last - sizePx, 0);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}

/**
 * A padding in its plainest form: a number if all sides are equal, or if `'same'` comes to that for maps of every size,
 * as it does at stride 1 for a window of odd size.
 */
export function plainPadding({ kernelSize, stride, padding }: SlidingWindow): Padding {
  if (typeof padding === 'number') return padding;
  if (padding === 'same') return stride === 1 && kernelSize % 2 === 1 ? (kernelSize - 1) / 2 : padding;
  const { top, bottom, left, right } = padding;
  return top === bottom && top === left && top === right ? top : { top, bottom, left, right };
}

/** Whether two paddings of one window are the same on maps of every size. */
export function isSamePadding(one: SlidingWindow, other: SlidingWindow): boolean {
  return paddingText(plainPadding(one)) === paddingText(plainPadding(other));
}

/** A padding for people: `1`, `same`, or `0/1/0/1` for top, bottom, left and right. */
export function paddingText(padding: Padding): string {
  if (typeof padding !== 'object') return String(padding);
  const { top, bottom, left, right } = padding;
  return [top, bottom, left, right].join('/');
}

/**
 * Side of the output map of a sliding window, in pixels: ⌊(size + padding before and after − kernelSize) / stride⌋ + 1, as
 * in PyTorch.
 *
 * Of a padding for each side those above and below count; an architecture has as many at left and right together.
 * The result is 0 or less if the window is larger than the padded map.
 *
 * @param sizePx - side of the square input map, in pixels
 * @example
 * ```ts
 * import { windowOutSizePx } from '@dmnn/architecture';
 *
 * console.log(windowOutSizePx(224, { kernelSize: 7, stride: 2, padding: 3 })); // => 112
 * console.log(windowOutSizePx(225, { kernelSize: 3, stride: 2, padding: 'same' })); // => 113
 * ```
 */
export function windowOutSizePx(sizePx: number, window: SlidingWindow): number {
  const { top, bottom } = paddingSides(window, sizePx);
  return Math.floor((sizePx + top + bottom - window.kernelSize) / window.stride) + 1;
}

/**
 * A convolution with its batch norm or bias and its activation.
 *
 * A depth-wise convolution has `groups === inChannels`.
 */
export interface ConvUnit {
  /** Height and width of the filter, in pixels. */
  readonly kernelSize: number;
  readonly stride: number;
  /** Zeros around the map: a number for all sides, as in PyTorch, or what {@link Padding} says. */
  readonly padding: Padding;
  readonly inChannels: number;
  readonly outChannels: number;
  /** Divides `inChannels` and `outChannels`; 1 for an ordinary convolution. */
  readonly groups: number;
  readonly bias: boolean;
  readonly batchNorm: boolean;
  /**
   * What its batch norm adds to the variance before the square root. Absent for 1e-5, PyTorch's.
   */
  readonly epsilon?: number;
  readonly activation: Activation;
}

/**
 * What a batch norm adds to the variance before the square root, unless its unit says otherwise: 1e-5, as in PyTorch.
 */
export const BATCH_NORM_EPSILON = 1e-5;

/** What the batch norm of a unit adds to the variance before the square root. */
export function batchNormEpsilon({ epsilon = BATCH_NORM_EPSILON }: Pick<ConvUnit, 'epsilon'>): number {
  return epsilon;
}

/** Maximum over a square window, padded with −∞. */
export interface MaxPool {
  readonly kernelSize: number;
  readonly stride: number;
  readonly padding: Padding;
}

/** Options of {@link convUnit}. */
export interface ConvUnitOptions {
  /** @defaultValue 1 */
  readonly stride?: number | undefined;
  /** @defaultValue `(kernelSize − 1) / 2`, which keeps the size at stride 1 */
  readonly padding?: Padding | undefined;
  /** @defaultValue 1 */
  readonly groups?: number | undefined;
  /** @defaultValue false */
  readonly bias?: boolean | undefined;
  /** @defaultValue true */
  readonly batchNorm?: boolean | undefined;
  /** @defaultValue 1e-5 */
  readonly epsilon?: number | undefined;
  /** @defaultValue 'relu' */
  readonly activation?: Activation | undefined;
}

/**
 * Creates a convolution unit, with defaults for the usual settings. Settings that say the same give the same unit:
 * a padding of equal sides becomes a number, and an ε of 1e-5 is left out.
 *
 * @param kernelSize - height and width of the filter, in pixels
 * @returns the unit, as plain data
 * @example
 * ```ts
 * import { convUnit } from '@dmnn/architecture';
 *
 * const unit = convUnit(3, 64, 128, { stride: 2 });
 * console.log(unit.padding, unit.batchNorm, unit.activation); // => 1 true relu
 * const asInTensorFlow = convUnit(3, 64, 128, { stride: 2, padding: 'same', epsilon: 1e-3 });
 * console.log(asInTensorFlow.padding, asInTensorFlow.epsilon); // => same 0.001
 * ```
 */
export function convUnit(
  kernelSize: number,
  inChannels: number,
  outChannels: number,
  options: ConvUnitOptions = {},
): ConvUnit {
  const {
    stride = 1,
    padding = Math.floor((kernelSize - 1) / 2),
    groups = 1,
    bias = false,
    batchNorm = true,
    epsilon = BATCH_NORM_EPSILON,
    activation = 'relu',
  } = options;
  return {
    kernelSize,
    stride,
    padding: plainPadding({ kernelSize, stride, padding }),
    inChannels,
    outChannels,
    groups,
    bias,
    batchNorm,
    ...(epsilon === BATCH_NORM_EPSILON ? {} : { epsilon }),
    activation,
  };
}
