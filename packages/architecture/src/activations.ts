/** Activations that only clip x to two bounds, min(max(x, least), largest), which the preceding operation can do. */
export type Clip = 'none' | 'relu' | 'relu6';

/** Activations that need a separate operation. */
export type Curve = 'hard-swish';

/** The activation after a convolution, a sum or a controller's layer. */
export type Activation = Clip | Curve;

/** The properties of an activation; all code that needs more than its name reads them here. */
export interface ActivationRule {
  /** y = f(x). NaN stays NaN. */
  readonly value: (x: number) => number;
  /** dy/dx. At a kink it is the slope of the flat side, as in PyTorch. */
  readonly slope: (x: number) => number;
  /** Least and largest y. */
  readonly range: readonly [least: number, largest: number];
  /** Whether it is a {@link Clip}, with `range` as its bounds. */
  readonly isClip: boolean;
  /** Operations per value; a comparison, a sum and a product count one each. */
  readonly operations: number;
}

/**
 * The activations, by name. A {@link Clip} needs only its entry here; a {@link Curve} also needs its tensor
 * operations in `@dmnn/network` and its nodes in `@dmnn/onnx`, which the compiler demands.
 *
 * @example
 * ```ts
 * import { activations } from '@dmnn/architecture';
 *
 * const { value, slope, range } = activations.relu6;
 * console.log(value(7), slope(7), range.join()); // => 6 0 0,6
 * ```
 */
export const activations: { readonly [name in Activation]: ActivationRule } = {
  none: {
    value: (x) => x,
    slope: () => 1,
    range: [-Infinity, Infinity],
    isClip: true,
    operations: 0,
  },
  relu: {
    value: (x) => Math.max(x, 0),
    slope: (x) => (x > 0 ? 1 : 0),
    range: [0, Infinity],
    isClip: true,
    operations: 1,
  },
  relu6: {
    value: (x) => Math.min(Math.max(x, 0), 6),
    slope: (x) => (x > 0 && x < 6 ? 1 : 0),
    range: [0, 6],
    isClip: true,
    operations: 2,
  },
  // x · relu6(x + 3) / 6, Howard et al. 2019 (arXiv 1905.02244) §5.2
  'hard-swish': {
    value: (x) => (x * Math.min(Math.max(x + 3, 0), 6)) / 6,
    slope: (x) => (x <= -3 ? 0 : x >= 3 ? 1 : (2 * x + 3) / 6),
    range: [-0.375, Infinity], // at −1.5
    isClip: false,
    operations: 5, // add, compare twice, multiply, divide
  },
};

/** Whether an activation only clips x to two bounds. */
export function isClip(activation: Activation): activation is Clip {
  return activations[activation].isClip;
}
