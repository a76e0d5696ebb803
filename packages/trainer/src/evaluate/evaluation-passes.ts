import { type Batch, type Dataset, evaluationBatches } from '@dmnn/data';
import type { GatePolicy } from '@dmnn/gating';
import type { Execution, ForwardPass, Network } from '@dmnn/network';
import * as tf from '@tensorflow/tfjs-core';
import { type OnSkipped, reportSkipped } from './on-skipped.js';

/** What {@link evaluationPasses} takes. */
export interface EvaluationPassesOptions {
  readonly network: Network;
  readonly dataset: Dataset;
  readonly policy: GatePolicy;
  /** How each batch is run, one execution after the other. */
  readonly executions: readonly Execution[];
  /** Images computed together, at most. */
  readonly batchSize: number;
  /**
   * The numbers to read of a pass, `[B, n]`: they are read at once, in one transfer from the device. Runs in a `tf.tidy`.
   */
  readonly numbersOf: (pass: ForwardPass, batch: Batch) => tf.Tensor2D;
  /** Receives damaged images, which are left out. @defaultValue throws a DataError */
  readonly onSkipped?: OnSkipped | undefined;
  /** Stops between two batches. */
  readonly signal?: AbortSignal | undefined;
}

/** A batch of images that was run. */
export interface EvaluationPass {
  /** Of the intact images, at least one. */
  readonly labels: Batch['labels'];
  /** `[execution][b]`: the numbers of image b. */
  readonly rows: readonly (readonly Float32Array[])[];
  /** Wall-clock time of the forward passes and of reading their numbers. */
  readonly milliseconds: number;
}

/**
 * Runs a network on every image of a data set once for each execution, with moving statistics, batch after batch. Between
 * two batches timers and signals get their turn.
 *
 * @throws DataError for a damaged image, if `onSkipped` is not given; the signal's reason, if it aborts
 */
export async function* evaluationPasses(options: EvaluationPassesOptions): AsyncGenerator<EvaluationPass> {
  const { dataset, executions, onSkipped, signal } = options;
  const batchSize = Math.min(options.batchSize, dataset.size);
  for await (const batch of evaluationBatches(dataset, { batchSize })) {
    signal?.throwIfAborted();
    await reportSkipped(batch, onSkipped);
    if (batch.labels.length === 0) continue;
    const images = tf.tensor4d(batch.images, batch.shape);
    const rows: Float32Array[][] = [];
    const start = performance.now();
    try {
      for (const execution of executions) rows.push(await rowsOf(images, batch, execution, options));
    } finally {
      images.dispose();
    }
    yield { labels: batch.labels, rows, milliseconds: performance.now() - start };
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function rowsOf(
  images: tf.Tensor4D,
  batch: Batch,
  execution: Execution,
  { network, policy, numbersOf }: EvaluationPassesOptions,
): Promise<Float32Array[]> {
  const { sampleKeys } = batch;
  const packed = tf.tidy(() =>
    numbersOf(network.forward(images, { policy, statistics: 'moving', execution, sampleKeys }), batch),
  );
  const values = await packed.data<'float32'>();
  const [count, width] = packed.shape;
  packed.dispose();
  return Array.from({ length: count }, (_, b) => values.subarray(b * width, (b + 1) * width));
}
