import type { Batch, Dataset } from '@dmnn/data';
import { type GatePolicy, likeliest } from '@dmnn/gating';
import { classificationLoss } from '@dmnn/losses';
import type { Execution, ForwardPass, Network } from '@dmnn/network';
import * as tf from '@tensorflow/tfjs-core';
import type { Evaluation } from './evaluation.js';
import { evaluationPasses } from './evaluation-passes.js';
import { EvaluationTally } from './evaluation-tally.js';
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
  const tally = new EvaluationTally(network.architecture, dataset);
  const passes = evaluationPasses({
    network,
    dataset,
    policy,
    executions: [execution],
    batchSize,
    numbersOf: predictionsOf,
    onSkipped: tally.noting(options.onSkipped),
    signal: options.signal,
  });
  const exits = network.architecture.exits?.length ?? 0;
  for await (const { labels, rows, milliseconds } of passes) {
    const [images] = rows as [Float32Array[]];
    const loss = images[0]?.[1] as number;
    const tallied = images.map((row) => ({
      predicted: row[0] as number,
      exits: row.subarray(2, 2 + exits),
      gates: row,
      offset: 2 + exits,
    }));
    tally.add(labels, tallied, { loss, milliseconds });
    options.onProgress?.(tally.images);
  }
  return tally.evaluation();
}

/** `[B, 2 + E + Σ N]`: the predicted class, the batch's loss, the class that each exit predicts, and the gates. */
function predictionsOf({ logits, exitLogits, gates }: ForwardPass, { labels }: Batch): tf.Tensor2D {
  const predicted = likeliestClass(logits);
  const loss = tf.mul<tf.Tensor2D>(tf.onesLike(predicted), classificationLoss(logits, labels));
  return tf.concat<tf.Tensor2D>([predicted, loss, ...exitLogits.map(likeliestClass), ...gates], 1);
}

/** `[B, classes]` → `[B, 1]` */
function likeliestClass(logits: tf.Tensor2D): tf.Tensor2D {
  return tf.cast(tf.reshape(tf.argMax(logits, 1), [-1, 1]), 'float32');
}
