import type { Activation } from './activations.js';

/**
 * A convolution with its batch norm or bias and its activation.
 *
 * Padding is symmetric and explicit, as in PyTorch: `padding` zeros on each of the four sides. A depth-wise
 * convolution has `groups === inChannels`.
 */
export interface ConvUnit {
  /** Height and width of the filter, in pixels. */
  readonly kernelSize: number;
  readonly stride: number;
  /** Zeros on each side, in pixels. */
  readonly padding: number;
  readonly inChannels: number;
  readonly outChannels: number;
  /** Divides `inChannels` and `outChannels`; 1 for an ordinary convolution. */
  readonly groups: number;
  readonly bias: boolean;
  readonly batchNorm: boolean;
  readonly activation: Activation;
}

/** Maximum over a square window, padded with −∞. */
export interface MaxPool {
  readonly kernelSize: number;
  readonly stride: number;
  readonly padding: number;
}

/** Options of {@link convUnit}. */
export interface ConvUnitOptions {
  /** @defaultValue 1 */
  readonly stride?: number | undefined;
  /** @defaultValue `(kernelSize − 1) / 2`, which keeps the size at stride 1 */
  readonly padding?: number | undefined;
  /** @defaultValue 1 */
  readonly groups?: number | undefined;
  /** @defaultValue false */
  readonly bias?: boolean | undefined;
  /** @defaultValue true */
  readonly batchNorm?: boolean | undefined;
  /** @defaultValue 'relu' */
  readonly activation?: Activation | undefined;
}

/**
 * Creates a convolution unit, with defaults for the usual settings.
 *
 * @param kernelSize - height and width of the filter, in pixels
 * @returns the unit, as plain data
 * @example
 * ```ts
 * import { convUnit } from '@dmnn/architecture';
 *
 * const unit = convUnit(3, 64, 128, { stride: 2 });
 * console.log(unit.padding, unit.batchNorm, unit.activation); // => 1 true relu
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
    activation = 'relu',
  } = options;
  return { kernelSize, stride, padding, inChannels, outChannels, groups, bias, batchNorm, activation };
}
