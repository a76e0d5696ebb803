import type { Batch, Dataset } from '@dmnn/data';
import { countNetwork, countUndivided, flopsTable, macsRatio } from '@dmnn/flops';
import { type GatePolicy, likeliest } from '@dmnn/gating';
import { classificationLoss } from '@dmnn/losses';
import type { Execution, ForwardPass, Network } from '@dmnn/network';
import * as tf from '@tensorflow/tfjs-core';
import { evaluationError } from './evaluation-error.js';
import { ExecutionCounter } from './execution-counter.js';
import { evaluationPasses } from './evaluation-passes.js';
import type { OnSkipped } from './on-skipped.js';

/** What {@link evaluate} takes. */
export interface EvaluateOptions {
  readonly network: Network;
  readonly dataset: Dataset;
  /** @defaultValue 'skipping': only what is open is computed */
  readonly execution?: Execution;
  /** @defaultValue `likeliest`: of each pair the larger logit, no noise */
  readonly policy?: GatePolicy | undefined;
  /** Images computed together. @defaultValue 200 */
  readonly batchSize?: number;
  /** Called after each batch with the number of images done. */
  readonly onProgress?: (images: number) => void;
  /** Called with damaged images, which are left out. @defaultValue throws a DataError */
  readonly onSkipped?: OnSkipped | undefined;
  /** Stops between two batches. */
  readonly signal?: AbortSignal | undefined;
}

/** What a network does on a data set. */
export interface Evaluation {
  /** Each was counted once; damaged ones were not. */
  readonly images: number;
  /** Indices of damaged images: they were left out, and none of the lists below has them. */
  readonly skippedImages: readonly number[];
  readonly error: EvaluationErrors;
  readonly cost: EvaluationCost;
  readonly gates: EvaluationGates;
  readonly timing: {
    /** Wall-clock time of the forward passes and of reading their result, for an image, in milliseconds. */
    readonly msPerImage: number;
  };
}

/** How well a network classifies. */
export interface EvaluationErrors {
  readonly top1ErrorPercent: number;
  /** Cross entropy, mean over the images, in nats. */
  readonly classificationLoss: number;
  /** Class predicted for each image, in the data set's order, without damaged ones. */
  readonly predictions: readonly number[];
}

/** What a network's images cost. */
export interface EvaluationCost {
  /** Multiply–accumulates of an image, mean; of a network without gates, its cost. */
  readonly meanMacs: number;
  /** `meanMacs` as a share of the undivided network's. */
  readonly macsRatio: number;
  /** Cost of each image, in the data set's order, without damaged ones. */
  readonly perImageMacs: readonly number[];
}

/** What a network's gates do. */
export interface EvaluationGates {
  /** Mean over blocks and sub-blocks; null without gates. */
  readonly executionRate: number | null;
  /** `[l][n]`: share of the images that ran sub-block n of gated block l. */
  readonly executionRates: readonly (readonly number[])[];
  /** `[image]`: its gates of {0, 1}, of all gated blocks one after the other, in the data set's order, without damaged ones. */
  readonly perImageGates: readonly Uint8Array[];
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
 * console.log(evaluation.images, evaluation.cost.perImageMacs.length, evaluation.gates.executionRates.length); // => 4 4 3
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
  const { onSkipped } = options;
  const passes = evaluationPasses({
    network,
    dataset,
    policy,
    executions: [execution],
    batchSize,
    numbersOf: predictionsOf,
    onSkipped:
      onSkipped &&
      (async (skipped) => {
        skippedImages.push(...skipped.map(({ index }) => index));
        await onSkipped(skipped);
      }),
    signal: options.signal,
  });
  let correct = 0;
  let lossSum = 0;
  let passMs = 0;
  for await (const { labels, rows, milliseconds } of passes) {
    const [images] = rows as [Float32Array[]];
    passMs += milliseconds;
    const loss = images[0]?.[1] as number;
    if (!Number.isFinite(loss))
      throw evaluationError(network.architecture.name, predictions.length, labels.length);
    lossSum += loss * labels.length;
    for (const [b, row] of images.entries()) {
      const predicted = row[0] as number;
      predictions.push(predicted);
      if (predicted === labels[b]) correct++;
      counter.add(row, 2);
    }
    options.onProgress?.(predictions.length);
  }
  if (predictions.length === 0)
    throw new RangeError('dataset: expected intact images, got damaged ones only');
  const rates = counter.executionRates;
  const { meanMacs, perImageMacs, perImageGates } = counter;
  const undivided = countUndivided(network.architecture, { imageSizePx: dataset.imageSizePx });
  return {
    images: predictions.length,
    skippedImages,
    error: {
      top1ErrorPercent: (100 * (predictions.length - correct)) / predictions.length,
      classificationLoss: lossSum / predictions.length,
      predictions,
    },
    cost: { meanMacs, macsRatio: macsRatio(meanMacs, undivided.macs), perImageMacs },
    gates: { executionRate: meanRate(rates), executionRates: rates, perImageGates },
    timing: { msPerImage: passMs / predictions.length },
  };
}

/** `[B, 2 + Σ N]`: the predicted class, the batch's loss, and the gates. */
function predictionsOf(pass: ForwardPass, { labels }: Batch): tf.Tensor2D {
  const predicted = tf.cast(tf.reshape(tf.argMax(pass.logits, 1), [-1, 1]), 'float32');
  const loss = tf.mul(tf.onesLike(predicted), classificationLoss(pass.logits, labels));
  return tf.concat<tf.Tensor2D>([predicted as tf.Tensor2D, loss as tf.Tensor2D, ...pass.gates], 1);
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
