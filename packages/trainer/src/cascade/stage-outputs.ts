import type { Logits } from '@dmnn/confidence';
import type { Dataset } from '@dmnn/data';
import { type GatePolicy, likeliest } from '@dmnn/gating';
import type { Execution, Network } from '@dmnn/network';
import * as tf from '@tensorflow/tfjs-core';
import { ENGINE_BATCH } from '../evaluate/evaluate-engine.js';
import { type EngineNetwork, isEngineNetwork } from '../evaluate/engine-network.js';
import { enginePasses } from '../evaluate/engine-passes.js';
import type { Evaluation } from '../evaluate/evaluation.js';
import { evaluationPasses } from '../evaluate/evaluation-passes.js';
import { EvaluationTally } from '../evaluate/evaluation-tally.js';
import type { OnSkipped } from '../evaluate/on-skipped.js';
import { crossEntropy, largestAt } from '../evaluate/plain-logits.js';

/** What {@link stageOutputs} takes. */
export interface StageOutputsOptions {
  /** One of TensorFlow.js, or of an engine. */
  readonly network: Network | EngineNetwork;
  /** In the network's own size and normalisation. */
  readonly dataset: Dataset;
  /** For a network of TensorFlow.js. @defaultValue `likeliest` */
  readonly policy?: GatePolicy | undefined;
  /** For a network of TensorFlow.js. @defaultValue 'skipping' */
  readonly execution?: Execution | undefined;
  /** @defaultValue 200, in an engine 32 */
  readonly batchSize?: number | undefined;
  /** Called after each batch with the number of images done. */
  readonly onProgress?: ((images: number) => void) | undefined;
  /** Called with damaged images, which are left out. @defaultValue throws a DataError */
  readonly onSkipped?: OnSkipped | undefined;
  /** Stops between two batches. */
  readonly signal?: AbortSignal | undefined;
}

/** What a network gives for the images of a data set, as plain numbers. */
export interface StageOutputs {
  /** `[row]`: the index of each intact image in the data set. */
  readonly indices: Int32Array;
  /** `[row]` */
  readonly labels: Int32Array;
  readonly logits: Logits;
  /** Its errors, costs, gates and time. */
  readonly evaluation: Evaluation;
}

/**
 * Runs a network on every image of a data set once and keeps its logits: what cascades are chosen and judged by.
 *
 * @throws RangeError if the data set has no images or another number of classes than the network
 * @throws DmnnError `DMNN_NAN` if logits are not finite numbers; what the engine throws
 * @throws DataError for a damaged image, if `onSkipped` is not given; the signal's reason, if it aborts
 */
export async function stageOutputs(options: StageOutputsOptions): Promise<StageOutputs> {
  const { network, dataset, onProgress } = options;
  const { classes } = network.architecture.head;
  const tally = new EvaluationTally(network.architecture, dataset);
  const labels: number[] = [];
  const values: number[] = [];
  for await (const { labels: own, rows, gates, milliseconds } of passesOf(options, tally)) {
    const losses = rows.map((row, b) => crossEntropy(row, own[b] as number));
    const loss = losses.reduce((sum, each) => sum + each, 0) / losses.length;
    const images = rows.map((row, b) => ({ predicted: largestAt(row), gates: gates[b] ?? [] }));
    tally.add(own, images, { loss, milliseconds });
    labels.push(...own);
    for (const row of rows) values.push(...row);
    onProgress?.(tally.images);
  }
  const evaluation = tally.evaluation();
  const damaged = new Set(evaluation.skippedImages);
  const indices = Array.from({ length: dataset.size }, (_, index) => index).filter(
    (index) => !damaged.has(index),
  );
  return {
    indices: Int32Array.from(indices),
    labels: Int32Array.from(labels),
    logits: { values: Float32Array.from(values), classes },
    evaluation,
  };
}

/** A batch of images that was run, by whatever. */
interface StagePass {
  readonly labels: ArrayLike<number> & Iterable<number>;
  /** `[b][class]`: logits. */
  readonly rows: readonly Float32Array[];
  /** `[b]`: gates of all blocks, one after the other. */
  readonly gates: readonly ArrayLike<number>[];
  readonly milliseconds: number;
}

async function* passesOf(options: StageOutputsOptions, tally: EvaluationTally): AsyncGenerator<StagePass> {
  const { network, dataset, policy = likeliest, execution = 'skipping', signal } = options;
  const onSkipped = tally.noting(options.onSkipped);
  if (isEngineNetwork(network)) {
    const batchSize = options.batchSize ?? ENGINE_BATCH;
    for await (const { labels, outputs, milliseconds } of enginePasses({
      ...{ network, dataset, decision: {}, batchSize, onSkipped, signal },
    })) {
      const gates = outputs.map((output) => output.gates.flat().map(Number));
      yield { labels, rows: outputs.map(({ logits }) => logits), gates, milliseconds };
    }
    return;
  }
  const { classes } = network.architecture.head;
  const passes = evaluationPasses({
    network,
    dataset,
    policy,
    executions: [execution],
    batchSize: options.batchSize ?? 200,
    numbersOf: (pass) => tf.concat<tf.Tensor2D>([pass.logits, ...pass.gates], 1),
    onSkipped,
    signal,
  });
  for await (const { labels, rows, milliseconds } of passes) {
    const [images = []] = rows;
    yield {
      labels,
      rows: images.map((row) => row.subarray(0, classes)),
      gates: images.map((row) => row.subarray(classes)),
      milliseconds,
    };
  }
}
