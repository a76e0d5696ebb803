import { gatedBlocks } from '@dmnn/architecture';
import { type Dataset, builtInNamed } from '@dmnn/data';
import { countUndivided } from '@dmnn/flops';
import type { Network } from '@dmnn/network';
import type { CostCurve } from '@dmnn/report';
import { type BudgetCurve, type OnSkipped, budgetCurve, calibrationImages } from '@dmnn/trainer';
import type { RunConfig } from '@dmnn/runs';
import { dataNameOf } from './held-out-of-training.js';

/** Options of {@link costCurve}. */
export interface CostCurveOptions {
  /** Mean costs as shares of the undivided backbone's multiply–accumulates, above 0. */
  readonly shares: readonly number[];
  /** Training splits of the runs' data; built-in ones need not be among them. */
  readonly trainingDatasets: readonly Dataset[];
  /** Training images, not augmented, to find thresholds on. */
  readonly calibrationImages: number;
  /** Batch size on test images. */
  readonly batchSize: number;
  /** Called after each batch with the share and the number of test images done. */
  readonly onProgress: (share: number, images: number) => void;
  /** Called for damaged images, which are skipped. */
  readonly onSkipped: OnSkipped | undefined;
  readonly signal: AbortSignal | undefined;
}

/** A curve, and a remark if it is missing or incomplete. */
export interface CostCurveFound {
  readonly curve?: CostCurve;
  /** The evaluations that it is of. */
  readonly measured?: BudgetCurve;
  readonly remark?: string;
}

/**
 * Accuracy against cost of one checkpoint under several budgets, as `dmnn eval --budgets` measures it.
 *
 * @param run - its name in the report
 * @param test - the run's test images
 * @returns nothing for a network without gates, whose cost is always the same
 */
export async function costCurve(
  network: Network,
  run: string,
  config: RunConfig,
  test: Dataset,
  options: CostCurveOptions,
): Promise<CostCurveFound> {
  const { architecture } = network;
  if (gatedBlocks(architecture).length === 0) return {};
  const training = trainingDataset(config, options.trainingDatasets);
  if (!training) {
    const { name } = config.data.train;
    return {
      remark: `No budgets, since the training images of ${name}, to find thresholds on, were not given.`,
    };
  }
  const { shares, batchSize, onProgress, onSkipped, signal } = options;
  const wholeMacs = countUndivided(architecture, { imageSizePx: test.imageSizePx }).macs;
  const found = await budgetCurve({
    network,
    calibration: calibrationImages(training, options.calibrationImages),
    test,
    budgets: shares.map((share) => share * wholeMacs),
    testBatchSize: batchSize,
    onTestImages: (budget, images) => {
      onProgress(shortShare(budget / wholeMacs), images);
    },
    onSkipped,
    signal,
  });
  const { points, lowestCost } = found;
  const unmet = shares.filter((_, i) => points[i]?.evaluation === null);
  const measured = points.flatMap(({ budget, evaluation }) =>
    evaluation
      ? [
          {
            label: budgetLabel(budget, wholeMacs),
            macsRatio: evaluation.cost.macsRatio,
            topOneErrorPercent: evaluation.error.top1ErrorPercent,
          },
        ]
      : [],
  );
  return {
    ...(measured.length > 0 && { curve: { run, points: measured }, measured: found }),
    ...(unmet.length > 0 && {
      remark: `Budgets that cannot be met: ${unmet.map(shortShare).join(', ')}; with all gates closed the network costs ${shortShare(lowestCost / wholeMacs)} of the undivided backbone.`,
    }),
  };
}

/** A budget in multiply–accumulates as a figure shows it: its share of the undivided backbone's. */
export function budgetLabel(budget: number, undividedMacs: number): string {
  return String(shortShare(budget / undividedMacs));
}

/** 0.3 + 2 · 0.1 is a little more than 0.5. */
function shortShare(share: number): number {
  return Number(share.toPrecision(3));
}

/** The training images of a run, among those that were given. */
export function trainingDataset(config: RunConfig, given: readonly Dataset[]): Dataset | undefined {
  const { size, imageSizePx, channelMeans, channelDeviations } = config.data.train;
  const name = dataNameOf(config, 'train');
  const normalisation = JSON.stringify([channelMeans, channelDeviations]);
  const found = given.find(
    (dataset) =>
      dataset.name === name &&
      dataset.imageSizePx === imageSizePx &&
      JSON.stringify([dataset.channelMeans, dataset.channelDeviations]) === normalisation,
  );
  // of what was held out, how many there were in all is not known
  return found ?? builtInNamed(config.data.train.name, { split: 'train', size });
}
