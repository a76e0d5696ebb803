import { closeAfter, closeAfterEach } from '@dmnn/foundation';
import type { Architecture } from '@dmnn/architecture';
import { type Batch, type Dataset, evaluationBatches } from '@dmnn/data';
import { countNetwork } from '@dmnn/flops';
import type { GatePolicy } from '@dmnn/gating';
import type { Execution, ForwardPass, LeavePolicy, Network } from '@dmnn/network';
import { explainFailure } from '@dmnn/network/internal';
import * as tf from '@tensorflow/tfjs-core';
import { assertMemory } from '../run/assert-memory.js';
import { type OnSkipped, reportSkipped } from './on-skipped.js';

/** What {@link evaluationPasses} takes. */
export interface EvaluationPassesOptions {
  readonly network: Network;
  readonly dataset: Dataset;
  readonly policy: GatePolicy;
  /** How each batch is run, one execution after the other. */
  readonly executions: readonly Execution[];
  /** Lets images leave at exits. @defaultValue none leaves */
  readonly leave?: LeavePolicy | undefined;
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
 * @throws DmnnError `DMNN_OUT_OF_MEMORY` of `@dmnn/network` if there is no room for a batch
 */
export async function* evaluationPasses(options: EvaluationPassesOptions): AsyncGenerator<EvaluationPass> {
  const { network, dataset } = options;
  const batchSize = Math.min(options.batchSize, dataset.size);
  const { imageSizePx } = dataset;
  assertMemory({
    bytes: passBytes(network.architecture, imageSizePx, batchSize),
    images: batchSize,
    remedy: '',
  });
  /** What runs out of memory may be the batch itself, before the network runs it, or its numbers after that. */
  const explained = (error: unknown): unknown =>
    explainFailure(error, {
      architecture: network.architecture,
      imagesShape: [batchSize, imageSizePx, imageSizePx, network.architecture.inChannels],
      operation: 'the evaluation',
    });
  const batches = evaluationBatches(dataset, { batchSize })[Symbol.asyncIterator]();
  yield* closeAfterEach(passesOf(batches, options, explained), () => batches.return?.(undefined));
}

async function* passesOf(
  batches: AsyncIterator<Batch>,
  options: EvaluationPassesOptions,
  explained: (error: unknown) => unknown,
): AsyncGenerator<EvaluationPass> {
  const { onSkipped, signal } = options;
  for (;;) {
    const next = await batches.next().catch((error: unknown) => {
      throw explained(error);
    });
    if (next.done) return;
    const batch = next.value;
    signal?.throwIfAborted();
    await reportSkipped(batch, onSkipped);
    if (batch.labels.length === 0) continue;
    const start = performance.now();
    const rows = await rowsOf(batch, options).catch((error: unknown) => {
      throw explained(error);
    });
    yield { labels: batch.labels, rows, milliseconds: performance.now() - start };
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** What a forward pass takes at least: the batch, and the largest map with what it is made from. */
function passBytes(architecture: Architecture, imageSizePx: number, images: number): number {
  const { layers } = countNetwork(architecture, { imageSizePx });
  const sizes = layers.map(({ outShape }) => outShape.reduce((size, side) => size * side, 1));
  return 4 * images * (imageSizePx ** 2 * architecture.inChannels + 2 * Math.max(...sizes));
}

async function rowsOf(batch: Batch, options: EvaluationPassesOptions): Promise<Float32Array[][]> {
  const images = tf.tensor4d(batch.images, batch.shape);
  const rows: Float32Array[][] = [];
  await closeAfter(
    async () => {
      for (const execution of options.executions)
        rows.push(await executionRows(images, batch, execution, options));
    },
    () => {
      images.dispose();
    },
  );
  return rows;
}

async function executionRows(
  images: tf.Tensor4D,
  batch: Batch,
  execution: Execution,
  { network, policy, leave, numbersOf }: EvaluationPassesOptions,
): Promise<Float32Array[]> {
  const { sampleKeys } = batch;
  const packed = tf.tidy(() =>
    numbersOf(network.forward(images, { policy, statistics: 'moving', execution, sampleKeys, leave }), batch),
  );
  const values = await packed.data<'float32'>();
  const [count, width] = packed.shape;
  packed.dispose();
  return Array.from({ length: count }, (_, b) => values.subarray(b * width, (b + 1) * width));
}
