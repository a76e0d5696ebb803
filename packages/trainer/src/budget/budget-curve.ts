import type { Dataset } from '@dmnn/data';
import { thresholded } from '@dmnn/gating';
import { meanCost } from '@dmnn/flops';
import { isEngineNetwork } from '../evaluate/engine-network.js';
import { evaluateEngine } from '../evaluate/evaluate-engine.js';
import { evaluate } from '../evaluate/evaluate.js';
import type { Evaluation } from '../evaluate/evaluation.js';
import {
  type BudgetThreshold,
  type FindThresholdsOptions,
  type ThresholdsFound,
  findThresholds,
  networkMacCosts,
} from './find-thresholds.js';

/** What {@link budgetCurve} takes. */
export interface BudgetCurveOptions extends FindThresholdsOptions {
  /** Images to measure with; not those of `calibration`. */
  readonly test: Dataset;
  /** Test images computed together: time per image depends on it. @defaultValue `batchSize` */
  readonly testBatchSize?: number | undefined;
  /** Called after each batch with the budget and the number of test images done. */
  readonly onTestImages?: (budget: number, images: number) => void;
}

/** One budget, and what was measured. */
export interface BudgetPoint extends BudgetThreshold {
  /** Mean cost of a test image in the unit of the budget, by the costs; null if the budget cannot be met. */
  readonly testCost: number | null;
  /** On the test images; null if the budget cannot be met. */
  readonly evaluation: Evaluation | null;
}

/** Error against cost, of one network. */
export interface BudgetCurve extends Omit<ThresholdsFound, 'thresholds'> {
  /** How many images the thresholds were found on, with damaged ones. */
  readonly calibrationImages: number;
  /** In the order of the budgets. */
  readonly points: readonly BudgetPoint[];
}

/**
 * What a network does under several budgets, without training: finds a threshold for each ({@link findThresholds}) and
 * evaluates it on test images.
 *
 * A threshold keeps to its budget on the calibration images; on test images the mean cost is near it, on either side.
 *
 * @throws RangeError, DmnnError `DMNN_NAN` and DataError as `findThresholds` and `evaluate` do; the signal's reason, if it
 * aborts
 * @example
 * ```ts
 * import '@tensorflow/tfjs';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { createArchitecture } from '@dmnn/backbones';
 * import { countUndivided } from '@dmnn/flops';
 * import { createNetwork } from '@dmnn/network';
 * import { builtInDataset } from '@dmnn/data';
 * import { budgetCurve, calibrationImages } from '@dmnn/trainer';
 *
 * await tf.setBackend('cpu');
 * const network = createNetwork(createArchitecture('dmnn-cifar-resnet8-0.25-n2'), { seed: 1, openingRate: 0.5 });
 * const whole = countUndivided(network.architecture).macs;
 * const { points } = await budgetCurve({
 *   network,
 *   calibration: calibrationImages(builtInDataset({ split: 'train', size: 20 }), 8),
 *   test: builtInDataset({ split: 'test', size: 4 }),
 *   budgets: [0.01 * whole, 0.6 * whole, 2 * whole],
 * });
 * console.log(points.map(({ threshold }) => threshold === null), points[2]?.threshold); // => [ true, false, false ] 0
 * network.dispose();
 * ```
 */
export async function budgetCurve(options: BudgetCurveOptions): Promise<BudgetCurve> {
  const { network, test, calibration, onTestImages } = options;
  const { costs = networkMacCosts(network, test.imageSizePx) } = options;
  const { thresholds, ...found } = await findThresholds({ ...options, costs });
  const evaluations = new Map<number, Evaluation>(); // budgets that are near may share a threshold
  const points: BudgetPoint[] = [];
  for (const each of thresholds) {
    const { budget, threshold } = each;
    if (threshold === null) {
      points.push({ ...each, testCost: null, evaluation: null });
      continue;
    }
    const evaluation =
      evaluations.get(threshold) ??
      (await evaluationUnder(threshold, options, (images) => onTestImages?.(budget, images)));
    evaluations.set(threshold, evaluation);
    points.push({ ...each, testCost: meanCost(costs, evaluation.gates.executionRates), evaluation });
  }
  return { ...found, calibrationImages: calibration.size, points };
}

function evaluationUnder(
  threshold: number,
  {
    network,
    test: dataset,
    execution = 'skipping',
    batchSize,
    testBatchSize = batchSize,
    signal,
    onSkipped,
  }: BudgetCurveOptions,
  onProgress: (images: number) => void,
): Promise<Evaluation> {
  const shared = { dataset, signal, onSkipped, onProgress };
  if (isEngineNetwork(network))
    return evaluateEngine({ network, threshold, batchSize: testBatchSize, ...shared });
  const policy = thresholded({ threshold });
  return evaluate({ network, policy, execution, batchSize: testBatchSize ?? 200, ...shared });
}
