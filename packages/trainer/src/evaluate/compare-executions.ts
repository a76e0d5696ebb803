import { gatedBlocks } from '@dmnn/architecture';
import type { Dataset } from '@dmnn/data';
import { type GatePolicy, gateLogOdds, likeliest } from '@dmnn/gating';
import type { ForwardPass, Network } from '@dmnn/network';
import * as tf from '@tensorflow/tfjs-core';
import { largestAt } from './plain-logits.js';
import { evaluationPasses } from './evaluation-passes.js';
import type { OnSkipped } from './on-skipped.js';

/** What {@link compareExecutions} takes. */
export interface CompareExecutionsOptions {
  readonly network: Network;
  readonly dataset: Dataset;
  /** @defaultValue `likeliest` */
  readonly policy?: GatePolicy | undefined;
  /** @defaultValue 200 */
  readonly batchSize?: number;
  /** Logits nearer than this may be ordered either way by rounding. @defaultValue 1e-4 */
  readonly tolerance?: number;
  /** Called with damaged images, which are left out. @defaultValue throws a DataError */
  readonly onSkipped?: OnSkipped | undefined;
  /** Called after each batch with the number of images done. */
  readonly onProgress?: (images: number) => void;
}

/** How masked and skipping execution agree on a data set. */
export interface ExecutionComparison {
  readonly images: number;
  /** Gates of all images. */
  readonly gates: number;
  /** Gates whose two logits differ by no more than the tolerance. */
  readonly undecidedGates: number;
  /** Undecided gates that came out differently. */
  readonly undecidedDifferences: number;
  /** Decided gates that came out differently though the image's gates in all earlier blocks are equal: an error of an execution. */
  readonly decidedDifferences: number;
  /** Gates that came out differently after one of an earlier block of the same image had: its consequences. */
  readonly consequentDifferences: number;
  /** Images all of whose gates are equal. */
  readonly imagesOfEqualGates: number;
  /** Of those, images whose predictions differ though their two largest logits are further apart than the tolerance. */
  readonly predictionDifferences: number;
  /** Of those, images whose predictions differ and whose two largest logits are not. */
  readonly undecidedPredictionDifferences: number;
  /** Largest difference of a logit among the images of equal gates. */
  readonly largestLogitDifference: number;
}

/**
 * Runs every image masked and skipping and compares: gates must be equal wherever their two logits differ by more than
 * the tolerance, and predictions wherever the gates are.
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { createArchitecture } from '@dmnn/backbones';
 * import { builtInDataset } from '@dmnn/data';
 * import { createNetwork } from '@dmnn/network';
 * import { compareExecutions } from '@dmnn/trainer';
 *
 * await tf.setBackend('cpu');
 * const network = createNetwork(createArchitecture('dmnn-cifar-resnet8-0.25-n2'), { seed: 1, openingRate: 0.5 });
 * const comparison = await compareExecutions({ network, dataset: builtInDataset({ split: 'test', size: 4 }) });
 * console.log(comparison.gates, comparison.decidedDifferences, comparison.predictionDifferences); // => 24 0 0
 * network.dispose();
 * ```
 */
export async function compareExecutions(options: CompareExecutionsOptions): Promise<ExecutionComparison> {
  const { network, dataset, policy = likeliest, batchSize = 200, tolerance = 1e-4 } = options;
  const found = {
    images: 0,
    gates: 0,
    undecidedGates: 0,
    undecidedDifferences: 0,
    decidedDifferences: 0,
    consequentDifferences: 0,
    imagesOfEqualGates: 0,
    predictionDifferences: 0,
    undecidedPredictionDifferences: 0,
    largestLogitDifference: 0,
  };
  const passes = evaluationPasses({
    network,
    dataset,
    policy,
    executions: ['masked', 'skipping'],
    batchSize,
    numbersOf: logitsAndGates,
    onSkipped: options.onSkipped,
  });
  for await (const { rows } of passes) {
    const [masked, skipping] = rows.map((images) => images.map((row) => imageRun(network, row))) as [
      ImageRun[],
      ImageRun[],
    ];
    for (const [b, one] of masked.entries()) compareImage(one, skipping[b] as ImageRun, tolerance, found);
    options.onProgress?.(found.images);
  }
  return found;
}

/** One image through a network. */
interface ImageRun {
  readonly logits: readonly number[];
  /** `[l][n]` */
  readonly gates: readonly (readonly number[])[];
  /** `[l][n]`: log-odds of each gate, on minus off. */
  readonly gateLogOdds: readonly (readonly number[])[];
}

/** `[B, classes + 2 Σ N]`: logits, gates and the log-odds of the gates. */
function logitsAndGates(pass: ForwardPass): tf.Tensor2D {
  return tf.concat([pass.logits, ...pass.gates, ...pass.gateLogits.map(gateLogOdds)], 1);
}

function imageRun({ architecture }: Network, row: Float32Array): ImageRun {
  const { classes } = architecture.head;
  const subBlocks = gatedBlocks(architecture).map(({ block }) => block.subBlocks.length);
  const gateCount = (row.length - classes) / 2;
  const numbers = (from: number, to: number): number[] => Array.from(row.subarray(from, to));
  return {
    logits: numbers(0, classes),
    gates: inBlocks(numbers(classes, classes + gateCount), subBlocks),
    gateLogOdds: inBlocks(numbers(classes + gateCount, row.length), subBlocks),
  };
}

function inBlocks(flat: readonly number[], lengths: readonly number[]): number[][] {
  let end = 0;
  return lengths.map((length) => flat.slice(end, (end += length)));
}

type Found = { -readonly [key in keyof ExecutionComparison]: number };

function compareImage(masked: ImageRun, skipping: ImageRun, tolerance: number, found: Found): void {
  let differs = false;
  for (const [l, gates] of masked.gates.entries()) {
    const before = differs; // the gates of a block are decided together: only an earlier block's can be to blame
    for (const [n, gate] of gates.entries()) {
      const decided = Math.abs(masked.gateLogOdds[l]?.[n] as number) > tolerance;
      found.gates++;
      if (!decided) found.undecidedGates++;
      if (gate === skipping.gates[l]?.[n]) continue;
      if (before) found.consequentDifferences++;
      else if (decided) found.decidedDifferences++;
      else found.undecidedDifferences++;
      differs = true;
    }
  }
  found.images++;
  if (differs) return;
  found.imagesOfEqualGates++;
  const differences = masked.logits.map((logit, c) => Math.abs(logit - (skipping.logits[c] as number)));
  found.largestLogitDifference = Math.max(found.largestLogitDifference, ...differences);
  const [first, second = -Infinity] = [...masked.logits].sort((a, b) => b - a) as [number, number?];
  if (largestAt(masked.logits) === largestAt(skipping.logits)) return;
  if (first - second > tolerance) found.predictionDifferences++;
  else found.undecidedPredictionDifferences++;
}
