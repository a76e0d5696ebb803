import { type Dataset, evaluationBatches } from '@dmnn/data';
import { countNetwork, countUndivided, flopsTable, macsRatio } from '@dmnn/flops';
import { type GatePolicy, likeliest } from '@dmnn/gating';
import { classificationLoss } from '@dmnn/losses';
import type { Execution, Network } from '@dmnn/network';
import * as tf from '@tensorflow/tfjs-core';
import { evaluationError } from './evaluation-error.js';
import { ExecutionCounter } from './execution-counter.js';
import { type OnSkipped, tellSkipped } from './on-skipped.js';

/** What {@link evaluate} takes. */
export interface EvaluateOptions {
  readonly network: Network;
  readonly dataset: Dataset;
  /** @defaultValue 'skipping': only what is open is computed */
  readonly execution?: Execution;
  /** @defaultValue `likeliest`: of each pair the larger logit, no noise */
  readonly policy?: GatePolicy;
  /** Images computed together. @defaultValue 200 */
  readonly batchSize?: number;
  /** Told after each batch how many images are done. */
  readonly onProgress?: (images: number) => void;
  /** Told of damaged images, which are left out. @defaultValue throws a DataError */
  readonly onSkipped?: OnSkipped;
  /** Stops between two batches. */
  readonly signal?: AbortSignal | undefined;
}

/** What a network does on a data set. */
export interface Evaluation {
  /** Each was counted once; damaged images were not. */
  readonly images: number;
  readonly topOneErrorPercent: number;
  /** Cross entropy, mean over the images, in nats. */
  readonly classificationLoss: number;
  /** Multiply–accumulates of an image, mean; of a network without gates, its cost. */
  readonly meanMacs: number;
  /** `meanMacs` as a share of the undivided backbone's. */
  readonly macsRatio: number;
  /** `[l][n]`: share of the images that ran sub-block n of gated block l. */
  readonly executionRates: readonly (readonly number[])[];
  /** Mean over blocks and sub-blocks; null without gates. */
  readonly executionRate: number | null;
  /** Indices of damaged images: they were left out, and none of the lists below has them. */
  readonly skippedImages: readonly number[];
  /** Cost of each image, in the data set's order, without damaged ones. */
  readonly perImageMacs: readonly number[];
  /** `[image]`: its gates of {0, 1}, of all gated blocks one after the other, in the data set's order, without damaged ones. */
  readonly perImageGates: readonly Uint8Array[];
  /** Class predicted for each image, in the data set's order, without damaged ones. */
  readonly predictions: readonly number[];
  /** Wall-clock time of the forward passes and of reading their result, for an image, in milliseconds. */
  readonly msPerImage: number;
}

/**
 * Runs a network on every image of a data set once, with moving statistics.
 *
 * The network and the data set stay the caller's. What a sub-block costs is counted by the paper's conventions.
 *
 * @throws RangeError if the data set has no images or another number of classes than the network
 * @throws DmnnError `DMNN_NAN` if logits are not finite numbers
 * @throws DataError for a damaged image, if `onSkipped` is not given
 * @throws the signal's reason, if it aborts
 * @example
 * ```ts
 * import '@tensorflow/tfjs';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { createArchitecture } from '@dmnn/backbones';
 * import { builtInDataset } from '@dmnn/data';
 * import { createNetwork } from '@dmnn/network';
 * import { evaluate } from '@dmnn/trainer';
 *
 * await tf.setBackend('cpu');
 * const network = createNetwork(createArchitecture('dmnn-cifar-resnet8-0.25-n2'), { seed: 1 });
 * const evaluation = await evaluate({ network, dataset: builtInDataset({ split: 'test', size: 4 }) });
 * console.log(evaluation.images, evaluation.perImageMacs.length, evaluation.executionRates.length); // => 4 4 3
 * network.dispose();
 * ```
 */
export async function evaluate(options: EvaluateOptions): Promise<Evaluation> {
  const { network, dataset, execution = 'skipping', policy = likeliest, batchSize = 200 } = options;
  assertFits(network, dataset);
  const count = countNetwork(network.architecture, { imageSizePx: dataset.imageSizePx });
  const table = flopsTable(count);
  const counter = new ExecutionCounter(table);
  const predictions: number[] = [];
  const skippedImages: number[] = [];
  let correct = 0;
  let lossSum = 0;
  let milliseconds = 0;
  for await (const batch of evaluationBatches(dataset, { batchSize: Math.min(batchSize, dataset.size) })) {
    options.signal?.throwIfAborted();
    await tellSkipped(batch, options.onSkipped);
    skippedImages.push(...(batch.skipped ?? []).map(({ index }) => index));
    if (batch.labels.length === 0) continue;
    const images = tf.tensor4d(batch.images, batch.shape);
    const start = performance.now();
    const packed = tf.tidy(() => {
      const { sampleKeys } = batch;
      const pass = network.forward(images, { policy, statistics: 'moving', execution, sampleKeys });
      const predicted = tf.cast(tf.reshape(tf.argMax(pass.logits, 1), [-1, 1]), 'float32');
      const loss = tf.mul(tf.onesLike(predicted), classificationLoss(pass.logits, batch.labels));
      return tf.concat([predicted, loss, ...pass.gates], 1);
    });
    const values = await packed.data();
    milliseconds += performance.now() - start;
    const width = packed.shape[1] as number;
    tf.dispose([images, packed]);
    const loss = values[1] as number;
    if (!Number.isFinite(loss))
      throw evaluationError(network.architecture.name, predictions.length, batch.labels.length);
    lossSum += loss * batch.labels.length;
    for (const [b, label] of batch.labels.entries()) {
      const predicted = values[b * width] as number;
      predictions.push(predicted);
      if (predicted === label) correct++;
      counter.add(values, b * width + 2);
    }
    options.onProgress?.(predictions.length);
    await new Promise((resolve) => setImmediate(resolve)); // timers and signals get their turn
  }
  if (predictions.length === 0)
    throw new RangeError('dataset: expected intact images, got damaged ones only');
  const rates = counter.executionRates;
  return {
    images: predictions.length,
    topOneErrorPercent: (100 * (predictions.length - correct)) / predictions.length,
    classificationLoss: lossSum / predictions.length,
    meanMacs: counter.meanMacs,
    macsRatio: macsRatio(
      counter.meanMacs,
      countUndivided(network.architecture, { imageSizePx: dataset.imageSizePx }).macs,
    ),
    executionRates: rates,
    executionRate: meanRate(rates),
    skippedImages,
    perImageMacs: counter.perImageMacs,
    perImageGates: counter.perImageGates,
    predictions,
    msPerImage: milliseconds / predictions.length,
  };
}

/** Mean over blocks of the mean over sub-blocks; null without gated blocks. */
function meanRate(rates: readonly (readonly number[])[]): number | null {
  if (rates.length === 0) return null;
  const perBlock = rates.map((block) => block.reduce((sum, rate) => sum + rate, 0) / block.length);
  return perBlock.reduce((sum, rate) => sum + rate, 0) / perBlock.length;
}

function assertFits(network: Network, dataset: Dataset): void {
  const { classes } = network.architecture.head;
  if (dataset.size < 1) throw new RangeError('dataset: expected at least one image, got none');
  if (dataset.classes !== classes) {
    throw new RangeError(
      `dataset: expected ${classes} classes, as ${network.architecture.name} has, got ${dataset.classes} (${dataset.name}). Use the data that the network was trained on.`,
    );
  }
}
