import { gatedBlocks } from '@dmnn/architecture';
import type { Dataset } from '@dmnn/data';
import { type GateCosts, countNetwork, flopsTable, highestCost, macCosts, meanCost } from '@dmnn/flops';
import type { Execution, Network } from '@dmnn/network';
import type { EngineNetwork } from '../evaluate/engine-network.js';
import type { OnSkipped } from '../evaluate/on-skipped.js';
import { gatePass, probability } from './gate-pass.js';
import { type CostedPass, type Proposal, closestBelow, nextLogOdds } from './next-threshold.js';

/** What {@link findThresholds} takes. */
export interface FindThresholdsOptions {
  /** On TensorFlow.js, or in an engine that gives the log-odds of gates. */
  readonly network: Network | EngineNetwork;
  /** Images that the test is not made with, not augmented: {@link calibrationImages} of the training data. */
  readonly calibration: Dataset;
  /** Mean costs of an image not to be exceeded, in the unit of `costs`. */
  readonly budgets: readonly number[];
  /** @defaultValue multiply–accumulates, by the paper's conventions */
  readonly costs?: GateCosts | undefined;
  /** How far below its budget a mean cost may stay, as a share of what the gates decide. @defaultValue 0.002 */
  readonly tolerance?: number;
  /** Passes over the images, for each budget, after which the best so far is taken. @defaultValue 10 */
  readonly maxPasses?: number;
  /** Images computed together. Gates do not depend on it. @defaultValue 200, of an engine 32 */
  readonly batchSize?: number | undefined;
  /** An engine only skips. @defaultValue 'skipping' */
  readonly execution?: Execution | undefined;
  /** Called with the result of each pass. */
  readonly onProgress?: (progress: ThresholdProgress) => void;
  /** Called in each pass with damaged images, which are left out. @defaultValue throws a DataError */
  readonly onSkipped?: OnSkipped | undefined;
  /** Stops between two batches. */
  readonly signal?: AbortSignal | undefined;
}

/** A pass over the calibration images. */
export interface ThresholdProgress {
  readonly budget: number;
  readonly threshold: number;
  readonly meanCost: number;
  /** How many passes there have been. */
  readonly passes: number;
}

/** The threshold for one budget. */
export interface BudgetThreshold {
  readonly budget: number;
  /** For `thresholded`; null if an image costs more than the budget with every gate closed. */
  readonly threshold: number | null;
  /** Mean cost of the calibration images at that threshold, evaluated. Never above the budget. */
  readonly calibrationCost: number | null;
}

/** What {@link findThresholds} gives. */
export interface ThresholdsFound {
  /** Cost of an image with every gate closed. */
  readonly lowestCost: number;
  /** Cost of an image with every gate open. */
  readonly highestCost: number;
  /** Passes over the calibration images that it took. */
  readonly passes: number;
  /** In the order of the budgets. */
  readonly thresholds: readonly BudgetThreshold[];
}

/**
 * Finds, without training, the threshold on a network's gates for each wanted mean cost: the one whose mean cost on the
 * calibration images is the closest below it that was met.
 *
 * What is open in one block changes the input of the next controllers, so the mean cost of a threshold is not known
 * until it is evaluated, and falls with the threshold only nearly. Each threshold is therefore proposed from the log-odds
 * of the nearest pass so far (`thresholdForBudget` of `@dmnn/flops`), evaluated, and proposed again: between the nearest
 * thresholds on either side of the budget by the line through their costs, and now and then in the middle of them. Passes
 * of one budget serve the others.
 *
 * @throws RangeError if the network has no gates, there are no intact images, or a budget or a setting is out of range
 * @throws DmnnError `DMNN_NAN` if gate logits are not finite
 * @throws DataError for a damaged image, if `onSkipped` is not given
 * @throws the signal's reason, if it aborts
 * @example
 * ```ts
 * import '@tensorflow/tfjs';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { createArchitecture } from '@dmnn/backbones';
 * import { countUndivided } from '@dmnn/flops';
 * import { createNetwork } from '@dmnn/network';
 * import { builtInDataset } from '@dmnn/data';
 * import { findThresholds } from '@dmnn/trainer';
 *
 * await tf.setBackend('cpu');
 * const network = createNetwork(createArchitecture('dmnn-cifar-resnet8-0.25-n2'), { seed: 1, openingRate: 0.5 });
 * const half = 0.5 * countUndivided(network.architecture).macs;
 * const calibration = builtInDataset({ split: 'train', size: 4 });
 * const { thresholds } = await findThresholds({ network, calibration, budgets: [half] });
 * console.log(thresholds.every(({ calibrationCost }) => (calibrationCost ?? Infinity) <= half)); // => true
 * network.dispose();
 * ```
 */
export async function findThresholds(options: FindThresholdsOptions): Promise<ThresholdsFound> {
  assertOptions(options);
  const { network, calibration, budgets } = options;
  const { costs = networkMacCosts(network, calibration.imageSizePx) } = options;
  const passes: CostedPass[] = [];
  const thresholds: BudgetThreshold[] = [];
  for (const budget of budgets) thresholds.push(await findOne(budget, costs, passes, options));
  return {
    lowestCost: costs.alwaysCost,
    highestCost: highestCost(costs),
    passes: passes.length,
    thresholds,
  };
}

/** What an image costs a network, by its gates, in multiply–accumulates. */
export function networkMacCosts(
  { architecture }: Pick<Network, 'architecture'>,
  imageSizePx: number,
): GateCosts {
  return macCosts(flopsTable(countNetwork(architecture, { imageSizePx })));
}

/** @throws RangeError if there is nothing to find a threshold for */
export function assertGated({ architecture }: Pick<Network, 'architecture'>): void {
  if (gatedBlocks(architecture).length > 0) return;
  throw new RangeError(
    `network: expected one with gates, got ${architecture.name}, whose cost is always the same. Choose a dynamic network, such as dmnn-${architecture.name}-n2.`,
  );
}

/** In turn, for each budget. */
const proposals: readonly Proposal[] = ['log-odds', 'log-odds', 'line', 'line', 'line', 'middle'];

async function findOne(
  budget: number,
  costs: GateCosts,
  passes: CostedPass[],
  options: FindThresholdsOptions,
): Promise<BudgetThreshold> {
  const { tolerance = 0.002, maxPasses = 10 } = options;
  const highest = highestCost(costs);
  if (budget < costs.alwaysCost) return { budget, threshold: null, calibrationCost: null };
  if (budget >= highest) return { budget, threshold: 0, calibrationCost: highest };

  const enough = budget - tolerance * (highest - costs.alwaysCost);
  for (let own = 0; own < maxPasses; own++) {
    const best = closestBelow(budget, passes);
    if (best && best.meanCost >= enough) break;
    const next = nextLogOdds(budget, costs, passes, proposals[own % proposals.length] as Proposal);
    if (next === undefined) break;
    passes.push(await costedPass(next, costs, options));
    report(budget, passes, options);
  }
  const best = closestBelow(budget, passes);
  if (!best) return { budget, threshold: 1, calibrationCost: costs.alwaysCost };
  return { budget, threshold: probability(best.leastLogOdds), calibrationCost: best.meanCost };
}

async function costedPass(
  leastLogOdds: number,
  costs: GateCosts,
  options: FindThresholdsOptions,
): Promise<CostedPass> {
  const { network, calibration: dataset, batchSize, execution, signal, onSkipped } = options;
  const pass = await gatePass({ network, dataset, leastLogOdds, batchSize, execution, signal, onSkipped });
  return { ...pass, meanCost: meanCost(costs, pass.rates) };
}

function report(budget: number, passes: readonly CostedPass[], { onProgress }: FindThresholdsOptions): void {
  const { leastLogOdds, meanCost: reached } = passes.at(-1) as CostedPass;
  onProgress?.({ budget, threshold: probability(leastLogOdds), meanCost: reached, passes: passes.length });
}

function assertOptions(options: FindThresholdsOptions): void {
  const { network, calibration, budgets, tolerance = 0, maxPasses = 1 } = options;
  assertGated(network);
  if (calibration.size < 1) throw new RangeError('calibration: expected at least one image, got none');
  const wrong = budgets.find((budget) => !(budget > 0));
  if (wrong !== undefined) throw new RangeError(`budgets: expected numbers above 0, got ${wrong}`);
  if (!(tolerance >= 0 && tolerance < 1))
    throw new RangeError(`tolerance: expected a share in [0, 1), got ${tolerance}`);
  if (!Number.isInteger(maxPasses) || maxPasses < 1)
    throw new RangeError(`maxPasses: expected an integer >= 1, got ${maxPasses}`);
}
