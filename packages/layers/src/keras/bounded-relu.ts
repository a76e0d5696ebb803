import * as tf from '@tensorflow/tfjs-core';
import { type Shape, layers } from '@tensorflow/tfjs-layers';
import { assertOneInput } from '../arguments.js';

/** Options of {@link BoundedReLU}, as Keras's `ReLU` has them. */
export interface BoundedReLUOptions {
  /** Largest value; none if null. */
  readonly maxValue?: number | null | undefined;
  /** Slope below the threshold. @defaultValue 0 */
  readonly negativeSlope?: number | undefined;
  /** @defaultValue 0 */
  readonly threshold?: number | undefined;
  readonly name?: string | undefined;
}

/**
 * Keras's `ReLU` with all its settings, of which TensorFlow.js has only the largest value:
 * f(x) = max_value for x ≥ max_value, x for threshold ≤ x < max_value, negative_slope · (x − threshold) below.
 */
export class BoundedReLU extends layers.Layer {
  static readonly className = 'BoundedReLU';
  readonly #maxValue: number | null;
  readonly #negativeSlope: number;
  readonly #threshold: number;

  constructor({ maxValue = null, negativeSlope = 0, threshold = 0, ...args }: BoundedReLUOptions) {
    super(args as ConstructorParameters<typeof layers.Layer>[0]);
    this.#maxValue = maxValue;
    this.#negativeSlope = negativeSlope;
    this.#threshold = threshold;
  }

  override apply(...args: Parameters<layers.Layer['apply']>): ReturnType<layers.Layer['apply']> {
    const [inputs] = args;
    assertOneInput(this.name, inputs);
    return super.apply(...args);
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape | Shape[] {
    return inputShape;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const x = Array.isArray(inputs) ? (inputs[0] as tf.Tensor) : inputs;
      const above = tf.cast(aboveOrEqual(x, this.#threshold), 'float32');
      const kept = tf.mul(x, above);
      const upper = this.#maxValue === null ? kept : tf.minimum(kept, this.#maxValue);
      if (this.#negativeSlope === 0) return upper;
      const below = tf.mul(tf.sub(x, this.#threshold), tf.sub(1, above));
      return tf.add(upper, tf.mul(below, this.#negativeSlope));
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    return {
      ...super.getConfig(),
      maxValue: this.#maxValue,
      negativeSlope: this.#negativeSlope,
      threshold: this.#threshold,
    };
  }
}

/** A comparison that may stand on the tape: it has no gradient. */
function aboveOrEqual(x: tf.Tensor, threshold: number): tf.Tensor {
  const compared = tf.customGrad((each) => ({
    value: tf.cast(tf.greaterEqual(each as tf.Tensor, threshold), 'float32'),
    gradFunc: () => tf.zerosLike(each as tf.Tensor),
  }));
  return compared(x);
}
