import type { Activation } from './activations.js';
import { type Padding, plainPadding } from './padding.js';

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
