/** Activations that only hold x between two bounds, min(max(x, least), largest), as an operation before them can do. */
export type Clip = 'none' | 'relu' | 'relu6';

/** Activations that are an operation of their own. */
export type Curve = 'hard-swish';

/** What follows a convolution, a sum or a controller's layer. */
export type Activation = Clip | Curve;

/** What is known of an activation: everything that needs more than its name asks here. */
export interface ActivationRule {
  /** y = f(x). NaN stays NaN. */
  readonly value: (x: number) => number;
  /** dy/dx. At a corner it is that of the flat side, as in PyTorch. */
  readonly slope: (x: number) => number;
  /** Least and largest y. */
  readonly range: readonly [least: number, largest: number];
  /** Whether it is a {@link Clip}, with `range` as its bounds. */
  readonly isClip: boolean;
  /** Single operations for each value, a comparison, a sum and a product being one each. */
  readonly operations: number;
}

/**
 * The activations, by name. A {@link Clip} needs nothing but its entry here; a {@link Curve} also needs its tensor
 * operations in `@dmnn/network` and its nodes in `@dmnn/onnx`, which the compiler asks for.
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

/** Whether an activation only holds x between two bounds. */
export function isClip(activation: Activation): activation is Clip {
  return activations[activation].isClip;
}
