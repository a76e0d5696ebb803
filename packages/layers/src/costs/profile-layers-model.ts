import {
  type CountLayersModelOptions,
  type LayersModelLike,
  type TensorSource,
  countLayerCalls,
} from '@dmnn/flops/layers-model';
import { closeAfter } from '@dmnn/foundation';
import * as tf from '@tensorflow/tfjs-core';
import type { layers as tfLayers } from '@tensorflow/tfjs-layers';
import { assertModel, assertOptions, assertTensors } from '../arguments.js';
import { ownCounters } from './gated-blocks.js';
import { layersError } from '../layers-error.js';

/** Options of {@link profileLayersModel}. */
export interface ProfileLayersModelOptions {
  /** How often the model runs after a first time that doesn't count, at least 1. @defaultValue 5 */
  readonly rounds?: number | undefined;
  /** Conventions and counters: see `countLayersModel`. */
  readonly counting?: Omit<CountLayersModelOptions, 'inputShapes'> | undefined;
}

/** Time and cost of one call of a layer. */
export interface LayerProfile {
  /** Its name, preceded by those of the enclosing models: `encoder/conv1`. */
  readonly path: string;
  /** `Conv2D`, `Dense`, … */
  readonly className: string;
  /** Median over the rounds, in milliseconds, of the whole batch. */
  readonly ms: number;
  /** Of one image; absent if the class of the layer has no counter. */
  readonly macs?: number;
}

/** Times of a model next to its costs. */
export interface ModelProfile {
  /** In execution order. */
  readonly layers: readonly LayerProfile[];
  /** Sum of the layers' times, in milliseconds, of the whole batch. */
  readonly ms: number;
  /** Sum of the layers' costs, of one image. */
  readonly macs: number;
  /** The backend that ran it. */
  readonly backend: string;
}

/**
 * Times each layer of a model for given inputs, next to what it costs in multiply–accumulates: which layers take longer
 * than their share. Layers run one by one, and each is waited for, so that the sum is more than a whole pass takes on a
 * GPU.
 *
 * @param model - a `tf.LayersModel`; nested models are expanded. Time-distributed and bidirectional layers are not timed.
 * @param inputs - a batch for each input
 * @throws RangeError if `rounds` is not a positive integer. DmnnError `DMNN_LAYERS` for another number of inputs, or a
 *   wrapper of layers. Errors of `countLayersModel`.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { profileLayersModel } from '@dmnn/layers';
 *
 * await tf.setBackend('cpu');
 * const model = tf.sequential({ layers: [tf.layers.dense({ units: 8, inputShape: [4], name: 'first' }), tf.layers.dense({ units: 2, name: 'second' })] });
 * const { layers, macs } = await profileLayersModel(model, tf.ones([1, 4]));
 * console.log(layers.map(({ path, macs }) => `${path} ${macs}`).join(), macs); // => first 32,second 16 48
 * console.log(layers.every(({ ms }) => ms >= 0)); // => true
 * ```
 */
export async function profileLayersModel(
  model: LayersModelLike,
  inputs: tf.Tensor | readonly tf.Tensor[],
  options: ProfileLayersModelOptions = {},
): Promise<ModelProfile> {
  assertModel(model);
  assertOptions(options, ['rounds', 'counting']);
  const { rounds = 5, counting } = options;
  if (!Number.isSafeInteger(rounds) || rounds < 1) {
    throw new RangeError(`rounds: expected an integer >= 1, got ${rounds}`);
  }
  const list = inputs instanceof tf.Tensor ? [inputs] : inputs;
  assertTensors('the model', list as tf.Tensor[], 'a batch for each', 'Pass what model.predict takes.');
  if (list.length !== model.inputs.length) {
    throw layersError(
      'inputs',
      `a batch for each of ${model.inputs.length} inputs`,
      String(list.length),
      'Pass what model.predict takes.',
    );
  }
  const { calls } = countLayerCalls(model, {
    ...counting,
    inputShapes: list.map(({ shape }) => shape.slice(1)),
    counters: { ...ownCounters, ...counting?.counters },
  });
  const wrapper = calls.find(
    ({ className }) => className === 'TimeDistributed' || className === 'Bidirectional',
  );
  if (wrapper) {
    throw layersError('model', 'layers without wrappers', wrapper.path, 'Time the layer inside it alone.');
  }
  const times = calls.map((): number[] => []);
  for (let round = 0; round <= rounds; round++) {
    const results: tf.Tensor[][] = [];
    const kept = new Set(list);
    await closeAfter(
      async () => {
        for (const [at, { layer, sources }] of calls.entries()) {
          const given = sources.map((source) => tensorOf(source, list, results));
          const began = tf.util.now();
          const made = tf.tidy(() => (layer as unknown as tfLayers.Layer).call(given, {}));
          const outputs = Array.isArray(made) ? made : [made];
          await outputs[0]?.data(); // on a GPU it runs only now
          if (round > 0) times[at]?.push(tf.util.now() - began);
          results.push(outputs);
        }
      },
      () => {
        tf.dispose(results.flat().filter((tensor) => !kept.has(tensor)));
      },
    );
  }
  const profiles = calls.map(({ path, className, macs }, at): LayerProfile => {
    const row = { path, className, ms: median(times[at] ?? []) };
    return macs === undefined ? row : { ...row, macs };
  });
  return {
    layers: profiles,
    ms: profiles.reduce((sum, { ms }) => sum + ms, 0),
    macs: profiles.reduce((sum, { macs = 0 }) => sum + macs, 0),
    backend: tf.getBackend(),
  };
}

function tensorOf(
  source: TensorSource,
  inputs: readonly tf.Tensor[],
  results: readonly (readonly tf.Tensor[])[],
): tf.Tensor {
  return (
    source.kind === 'input' ? inputs[source.index] : results[source.call]?.[source.output]
  ) as tf.Tensor;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
}
