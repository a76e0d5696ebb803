import type { Logits } from '@dmnn/confidence';
import type { Dataset } from '@dmnn/data';
import { type FlopsTable, alwaysMacs, countNetwork, flopsTable, tableUntilExit } from '@dmnn/flops';
import { DmnnError } from '@dmnn/foundation';
import { type GatePolicy, likeliest } from '@dmnn/gating';
import type { Execution, ForwardPass, LeavePolicy, Network } from '@dmnn/network';
import * as tf from '@tensorflow/tfjs-core';
import { ENGINE_BATCH } from '../evaluate/evaluate-engine.js';
import { type EngineNetwork, isEngineNetwork } from '../evaluate/engine-network.js';
import { enginePasses } from '../evaluate/engine-passes.js';
import type { Evaluation } from '../evaluate/evaluation.js';
import { evaluationPasses } from '../evaluate/evaluation-passes.js';
import { EvaluationTally } from '../evaluate/evaluation-tally.js';
import type { OnSkipped } from '../evaluate/on-skipped.js';
import { largestAt, meanCrossEntropy } from '../evaluate/plain-logits.js';

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
  /** For a network of TensorFlow.js: lets images leave at its exits. @defaultValue none leaves */
  readonly leave?: LeavePolicy | undefined;
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
  /** Of the head, or of the exit at which an image left. */
  readonly logits: Logits;
  /** `[e]`: what exit e gives; empty without exits. */
  readonly exits: readonly ExitOutputs[];
  /** `[row]`: the exit at which it left; the number of exits if it went to the end. */
  readonly leftAt: Uint8Array;
  /** Its errors, costs, gates and time. */
  readonly evaluation: Evaluation;
}

/** What an exit gives for the images of a data set. */
export interface ExitOutputs {
  /** Zeros for images that had left before. */
  readonly logits: Logits;
  /** `[row]`: multiply–accumulates of the image if it left here. */
  readonly perImageMacs: readonly number[];
}

/**
 * Runs a network on every image of a data set once and keeps its logits: what cascades are chosen and judged by.
 *
 * @throws RangeError if the data set has no images or another number of classes than the network
 * @throws DmnnError `DMNN_NAN` if logits are not finite numbers; what the engine throws
 * @throws DataError for a damaged image, if `onSkipped` is not given; the signal's reason, if it aborts
 * @example
 * ```ts
 * import '@tensorflow/tfjs';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { createArchitecture } from '@dmnn/backbones';
 * import { builtInDataset } from '@dmnn/data';
 * import { createNetwork } from '@dmnn/network';
 * import { stageOutputs, uncalibratedStages } from '@dmnn/trainer';
 *
 * await tf.setBackend('cpu');
 * const network = createNetwork(createArchitecture('cifar-resnet8-0.25'), { seed: 1 });
 * const outputs = await stageOutputs({ network, dataset: builtInDataset({ split: 'test', size: 4 }) });
 * console.log(outputs.labels.length, outputs.logits.values.length, uncalibratedStages([outputs]).length); // => 4 400 1
 * network.dispose();
 * ```
 */
export async function stageOutputs(options: StageOutputsOptions): Promise<StageOutputs> {
  const { network, dataset, onProgress } = options;
  const { classes } = network.architecture.head;
  const tally = new EvaluationTally(network.architecture, dataset);
  const labels: number[] = [];
  /** `[e]` of exits; the last of the head, or of the exit at which an image left. */
  const values = [...(network.architecture.exits ?? []), network.architecture.head].map((): number[] => []);
  const leftAt: number[] = [];
  for await (const { labels: own, images, milliseconds } of passesOf(options, tally)) {
    const loss = meanCrossEntropy(
      images.map(({ logits }) => logits),
      own,
    );
    const tallied = images.map(({ logits, exits, gates, leftAt: at }) => ({
      ...{ predicted: largestAt(logits), exits: exits.map(largestAt), gates, leftAt: at },
    }));
    tally.add(own, tallied, { loss, milliseconds });
    labels.push(...own);
    for (const { logits, exits, leftAt: at } of images) {
      for (const [e, row] of [...exits, logits].entries()) values[e]?.push(...row);
      leftAt.push(at);
    }
    onProgress?.(tally.images);
  }
  const evaluation = tally.evaluation();
  const damaged = new Set(evaluation.skippedImages);
  const indices = Array.from({ length: dataset.size }, (_, index) => index).filter(
    (index) => !damaged.has(index),
  );
  const logitsOf = (e: number): Logits => ({ values: Float32Array.from(values[e] ?? []), classes });
  const table = flopsTable(countNetwork(network.architecture, { imageSizePx: dataset.imageSizePx }));
  return {
    indices: Int32Array.from(indices),
    labels: Int32Array.from(labels),
    logits: logitsOf(values.length - 1),
    exits: (table.exits ?? []).map((_, e) => ({
      logits: logitsOf(e),
      perImageMacs: macsUntilExit(table, e, evaluation.gates.perImageGates),
    })),
    leftAt: Uint8Array.from(leftAt),
    evaluation,
  };
}

/** `[image]`: what an image with these gates costs if it leaves at an exit. */
function macsUntilExit(table: FlopsTable, exit: number, perImageGates: readonly Uint8Array[]): number[] {
  const until = tableUntilExit(table, exit);
  const costs = until.subBlockMacs.flat();
  const always = alwaysMacs(until);
  // gates of later blocks come after those of the earlier ones, and have no part
  return perImageGates.map((gates) => costs.reduce((sum, cost, i) => sum + cost * (gates[i] ?? 0), always));
}

/** What was computed of an image, by whatever. */
interface StageImage {
  readonly logits: Float32Array;
  /** `[e]`: logits. */
  readonly exits: readonly Float32Array[];
  readonly leftAt: number;
  /** Of all blocks, one after the other. */
  readonly gates: ArrayLike<number>;
}

/** A batch of images that was run. */
interface StagePass {
  readonly labels: ArrayLike<number> & Iterable<number>;
  /** `[b]` */
  readonly images: readonly StageImage[];
  readonly milliseconds: number;
}

async function* passesOf(options: StageOutputsOptions, tally: EvaluationTally): AsyncGenerator<StagePass> {
  const { network, dataset, policy = likeliest, execution = 'skipping', signal } = options;
  const onSkipped = tally.noting(options.onSkipped);
  const exits = network.architecture.exits?.length ?? 0;
  if (isEngineNetwork(network)) {
    assertNoneLeaves(network, options.leave);
    const batchSize = options.batchSize ?? ENGINE_BATCH;
    for await (const { labels, outputs, milliseconds } of enginePasses({
      ...{
        network,
        dataset,
        decision: { exits: exits > 0 ? 'all' : undefined },
        batchSize,
        onSkipped,
        signal,
      },
    })) {
      const images = outputs.map(({ logits, stageLogits = [], gates }) => ({
        ...{ logits, exits: stageLogits.slice(0, -1), leftAt: exits, gates: gates.flat().map(Number) },
      }));
      yield { labels, images, milliseconds };
    }
    return;
  }
  const { classes } = network.architecture.head;
  const passes = evaluationPasses({
    network,
    dataset,
    policy,
    executions: [execution],
    leave: exits > 0 ? options.leave : undefined,
    batchSize: options.batchSize ?? 200,
    numbersOf,
    onSkipped,
    signal,
  });
  for await (const { labels, rows, milliseconds } of passes) {
    const images = (rows[0] ?? []).map((row): StageImage => {
      const logitsAt = (e: number): Float32Array => row.subarray(1 + e * classes, 1 + (e + 1) * classes);
      return {
        leftAt: row[0] as number,
        exits: Array.from({ length: exits }, (_, e) => logitsAt(e)),
        logits: logitsAt(exits),
        gates: row.subarray(1 + (exits + 1) * classes),
      };
    });
    yield { labels, images, milliseconds };
  }
}

/** `[B, 1 + (E + 1) · classes + Σ N]`: where an image left, the logits of exits and of where it left, and the gates. */
function numbersOf({ leftAt, exitLogits, logits, gates }: ForwardPass): tf.Tensor2D {
  const places = tf.tensor2d(leftAt, [leftAt.length, 1]);
  return tf.concat<tf.Tensor2D>([places, ...exitLogits, logits, ...gates], 1);
}

/** @throws DmnnError `DMNN_EXECUTION` if images are to leave in an engine */
function assertNoneLeaves({ architecture, engine }: EngineNetwork, leave: LeavePolicy | undefined): void {
  if (!leave) return;
  throw new DmnnError(
    'DMNN_EXECUTION',
    `leave: expected a network of TensorFlow.js, got ${architecture.name} in the engine ${engine.name}. Choose where images leave from the logits of its exits.`,
  );
}
