import * as tf from '@tensorflow/tfjs-core';
import { type LayerVariable, type Shape, initializers, layers } from '@tensorflow/tfjs-layers';
import { assertOneInput } from '../arguments.js';
import { layersError } from '../layers-error.js';

/** Options of {@link Normalization}, as Keras has them. */
export interface NormalizationOptions {
  /** The axis of channels: only the last one. @defaultValue -1 */
  readonly axis?: number | readonly number[] | null | undefined;
  /** A number or one for each channel; if absent, the layer has them as weights. */
  readonly mean?: number | readonly number[] | null | undefined;
  readonly variance?: number | readonly number[] | null | undefined;
  /** Whether it turns normalised values back. @defaultValue false */
  readonly invert?: boolean | undefined;
  readonly name?: string | undefined;
}

/** Keras's `Normalization`, which TensorFlow.js lacks: (x − mean) / max(√variance, 1e-7) along the last axis. */
export class Normalization extends layers.Layer {
  static readonly className = 'Normalization';
  readonly #options: Omit<NormalizationOptions, 'name'>;
  #learned: LayerVariable[] = [];

  constructor({ axis = -1, mean = null, variance = null, invert = false, ...args }: NormalizationOptions) {
    super(args as ConstructorParameters<typeof layers.Layer>[0]);
    this.#options = { axis, mean, variance, invert };
  }

  override build(inputShape: Shape | Shape[]): void {
    const shape = (Array.isArray(inputShape[0]) ? inputShape[0] : inputShape) as Shape;
    const { axis, mean } = this.#options;
    const axes = [axis ?? []].flat().map((each) => (each < 0 ? each : each - shape.length));
    if (axes.length > 1 || (axes.length === 1 && axes[0] !== -1)) {
      throw layersError(`axis of ${this.name}`, '-1', String(axis), 'Normalise along the last axis.');
    }
    if (mean === null) {
      const size = axes.length === 0 ? [] : [shape.at(-1) as number];
      this.#learned = ['mean', 'variance', 'count'].map((name) =>
        this.addWeight(
          name,
          name === 'count' ? [] : size,
          'float32',
          name === 'variance' ? initializers.ones() : initializers.zeros(),
          undefined,
          false,
        ),
      );
    }
    this.built = true;
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
      const { mean, variance, invert } = this.#options;
      const middle = this.#learned[0]?.read() ?? tensorOf(mean ?? 0);
      const deviation = tf.maximum(tf.sqrt(this.#learned[1]?.read() ?? tensorOf(variance ?? 1)), 1e-7);
      return invert ? tf.add(tf.mul(x, deviation), middle) : tf.div(tf.sub(x, middle), deviation);
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), ...(this.#options as tf.serialization.ConfigDict) };
  }
}

function tensorOf(value: number | readonly number[]): tf.Tensor {
  return typeof value === 'number' ? tf.scalar(value) : tf.reshape(tf.tensor(value as number[]), [-1]);
}
