import { assertRecord } from '@dmnn/foundation';
import { likeliest, openingBias, sampled } from '@dmnn/gating';
import * as tf from '@tensorflow/tfjs-core';
import { type LayerVariable, type Shape, initializers, layers } from '@tensorflow/tfjs-layers';
import { assertOneInput, assertOptions } from '../arguments.js';
import { layersError, shapeText } from '../layers-error.js';
import { nameKey } from './name-key.js';

/** Options of {@link gumbelGate}. */
export interface GumbelGateOptions {
  /** N: how many sub-blocks it decides about, at least 1. */
  readonly subBlocks: number;
  /** Length of the hidden layer between the features and the logits. @defaultValue 32 */
  readonly hiddenUnits?: number | undefined;
  /** Probability that a gate is open before training, in (0, 1). @defaultValue 0.88 */
  readonly openingRate?: number | undefined;
  /** Of the softmax in training, > 0; {@link gateSchedule} changes it over time. @defaultValue 1 */
  readonly temperature?: number | undefined;
  /** Of noise and initial weights, an integer in 0 … 2⁵³ − 1; the layer's name makes it another one. @defaultValue 0 */
  readonly seed?: number | undefined;
  /** Its name: with the same name and seed, noise and initial weights are the same. @defaultValue `gumbel_gate_1`, … */
  readonly name?: string | undefined;
}

/**
 * The layer behind {@link gumbelGate}. A class so that TensorFlow.js can save and load it; its settings are in its
 * configuration, a temperature that a schedule has changed too.
 */
export class GumbelGate extends layers.Layer {
  /** The class in saved models. */
  static readonly className = 'GumbelGate';
  /** N. */
  readonly subBlocks: number;
  /** Of the softmax in training. */
  temperature: number;
  readonly #hiddenUnits: number;
  readonly #openingRate: number;
  readonly #seed: number;
  readonly #kernels: LayerVariable[] = [];
  #passes = 0;

  constructor(options: GumbelGateOptions) {
    assertRecord('options', options, 'an object with subBlocks');
    const { subBlocks, hiddenUnits = 32, openingRate = 0.88, temperature = 1, seed = 0, ...args } = options;
    super(args as ConstructorParameters<typeof layers.Layer>[0]);
    assertWhole('subBlocks', subBlocks, 1);
    assertWhole('hiddenUnits', hiddenUnits, 1);
    assertWhole('seed', seed, 0);
    if (!(temperature > 0 && temperature < Infinity))
      throw new RangeError(`temperature: expected a finite number > 0, got ${temperature}`);
    openingBias(openingRate); // checks it
    this.subBlocks = subBlocks;
    this.temperature = temperature;
    this.#hiddenUnits = hiddenUnits;
    this.#openingRate = openingRate;
    this.#seed = seed;
  }

  override build(inputShape: Shape | Shape[]): void {
    const channels = featuresOf(this.name, inputShape).at(-1) as number;
    const hidden = this.#hiddenUnits;
    const choices = 2 * this.subBlocks;
    const seed = this.#seed + nameKey(this.name);
    const { off, on } = openingBias(this.#openingRate);
    const bound = 1 / Math.sqrt(channels);
    this.#kernels.push(
      this.addWeight(
        'embed_kernel',
        [channels, hidden],
        'float32',
        initializers.randomUniform({ minval: -bound, maxval: bound, seed }),
      ),
      this.addWeight(
        'decide_kernel',
        [hidden, choices],
        'float32',
        initializers.randomNormal({ mean: 0, stddev: DECIDE_DEVIATION, seed: seed + 1 }),
      ),
      this.addWeight('decide_bias', [choices], 'float32', initializers.zeros()),
    );
    const bias = tf.tensor1d(Array.from({ length: choices }, (_, k) => (k % 2 === 0 ? off : on)));
    this.#kernels[2]?.write(bias);
    bias.dispose();
    this.built = true;
  }

  override apply(...args: Parameters<layers.Layer['apply']>): ReturnType<layers.Layer['apply']> {
    const [inputs] = args;
    assertOneInput(this.name, inputs);
    return super.apply(...args);
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    return [featuresOf(this.name, inputShape)[0] ?? null, this.subBlocks];
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: { readonly training?: unknown }): tf.Tensor {
    return tf.tidy(() => {
      const logits = this.#logits(Array.isArray(inputs) ? (inputs[0] as tf.Tensor) : inputs);
      const at = {
        blockIndex: nameKey(this.name),
        sampleKeys: Array.from({ length: logits.shape[0] }, (_, image) => image),
      };
      if (kwargs.training !== true) return likeliest(logits, at);
      const { temperature } = this;
      return sampled({ seed: this.#seed, epoch: this.#passes++, temperature })(logits, at);
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    return {
      ...super.getConfig(),
      subBlocks: this.subBlocks,
      hiddenUnits: this.#hiddenUnits,
      openingRate: this.#openingRate,
      temperature: this.temperature,
      seed: this.#seed,
    };
  }

  /** `[B, H, W, C]` or `[B, C]` → `[B, N, 2]`: the mean over the map, a hidden layer with ReLU, a linear layer. */
  #logits(features: tf.Tensor): tf.Tensor3D {
    const [embed, decide, bias] = this.#kernels.map((kernel) => kernel.read());
    const mean = features.rank === 4 ? tf.mean(features, [1, 2]) : features;
    const hidden = tf.relu(tf.matMul(mean as tf.Tensor2D, embed as tf.Tensor2D));
    const logits = tf.add(tf.matMul(hidden, decide as tf.Tensor2D), bias as tf.Tensor1D);
    return tf.reshape(logits, [-1, this.subBlocks, 2]);
  }
}

/** As the controllers of `@dmnn/network`: decisions start nearly alike for all images. */
const DECIDE_DEVIATION = 0.01;

function featuresOf(name: string, shape: Shape | Shape[]): Shape {
  const features = (Array.isArray(shape[0]) ? shape[0] : shape) as Shape;
  const fits = (features.length === 4 || features.length === 2) && features.at(-1) !== null;
  if (fits) return features;
  throw layersError(
    `input of ${name}`,
    'a map [B, H, W, C] or features [B, C] with C known',
    shapeText(features),
    "Apply the gate to the block's input.",
  );
}

function assertWhole(name: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new RangeError(`${name}: expected an integer >= ${least}, got ${value}`);
}

/**
 * A layer that decides for each image which of N sub-blocks run: features `[B, H, W, C]` or `[B, C]` → gates `[B, N]` of
 * {0, 1}. In training (`model.fit`) gates are sampled by the softmax trick, with straight-through gradients; otherwise
 * the likelier decision is taken.
 *
 * Noise depends on the layer's name and seed, the number of its training passes so far, and an image's place in the
 * batch.
 *
 * @throws RangeError if an option is out of its range; TypeError for an option that there is not. Applied to several tensors, or one
 *   of another shape: DmnnError `DMNN_LAYERS`.
 * @see DMNN §3.2 Eq. 5, 6 and 8, without the state of the block before
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { gumbelGate } from '@dmnn/layers';
 *
 * await tf.setBackend('cpu');
 * const image = tf.input({ shape: [8, 8, 3] });
 * const gates = gumbelGate({ subBlocks: 2 }).apply(image) as tf.SymbolicTensor;
 * console.log(gates.shape.slice(1).join()); // => 2
 * const model = tf.model({ inputs: image, outputs: gates });
 * console.log((model.predict(tf.ones([1, 8, 8, 3])) as tf.Tensor).dataSync().join()); // => 1,1
 * ```
 */
export function gumbelGate(options: GumbelGateOptions): GumbelGate {
  assertOptions(options, ['subBlocks', 'hiddenUnits', 'openingRate', 'temperature', 'seed', 'name']);
  return new GumbelGate(options);
}
