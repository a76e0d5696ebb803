import { gatedBlocks } from '@dmnn/architecture';
import type { Dataset } from '@dmnn/data';
import type { Network } from '@dmnn/network';
import type { CostCurve, PatternControlResult } from '@dmnn/report';
import type { RunConfig } from '@dmnn/runs';
import type { BudgetCurve, Evaluation, OnSkipped } from '@dmnn/trainer';
import { dividedAgain, trainedImagesOf } from '../control/trained-images.js';
import { type GateControl, type GateControls, evaluateGateControls } from '../control/gate-control.js';
import { heldOutParts } from '../control/held-out-parts.js';
import { budgetLabel, trainingDataset } from './cost-curve.js';
import { heldOutOfTraining } from './held-out-of-training.js';

/** Options of {@link patternControlsOf}. */
export interface PatternControlsOptions {
  /** Training splits of the runs' data; built-in ones need not be among them. */
  readonly trainingDatasets: readonly Dataset[];
  /** Images that patterns are chosen on, at most, and that batch norms are estimated on. */
  readonly calibrationImages: number;
  readonly batchSize: number;
  /** The gates as trained. */
  readonly evaluation: Evaluation;
  /** The same under budgets. */
  readonly curve: CostCurve | undefined;
  readonly measured: BudgetCurve | undefined;
  /** Called with what is done now. */
  readonly onProgress: (what: string) => void;
  /** Called for damaged images, which are skipped. */
  readonly onSkipped: OnSkipped | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Controls, and a remark that says how patterns were chosen, or why there are none. */
export interface PatternControlsFound {
  /** Of the gates as trained. */
  readonly control?: PatternControlResult;
  /** With a control for each point. */
  readonly curve?: CostCurve | undefined;
  readonly remark?: string;
}

/**
 * What fixed gate patterns reach at the costs of a run's gates, as `dmnn eval --control` finds them: chosen on the images
 * that the run held out, or, if it held none out, on each half of the test images for the other.
 *
 * @returns nothing for a network without gates
 */
export async function patternControlsOf(
  network: Network,
  config: RunConfig,
  test: Dataset,
  options: PatternControlsOptions,
): Promise<PatternControlsFound> {
  const { curve, measured, evaluation, ...others } = options;
  if (gatedBlocks(network.architecture).length === 0) return {};
  const { data } = config;
  const train = trainingDataset(config, options.trainingDatasets);
  if (!train)
    return {
      remark: `No fixed patterns, since the training images of ${data.train.name}, to estimate batch norms on, were not given.`,
    };
  const heldOut = await heldOutImagesOf(config, train);
  const asked = heldOutOfTraining(config);
  const found = await evaluateGateControls({
    ...others,
    ...{ network, train, test, evaluation, execution: 'skipping', curve: measured },
    choice: heldOut === undefined ? { images: 'test-halves' } : { images: 'held-out', heldOut },
    policy: undefined,
  });
  const of = (budget: number | undefined): PatternControlResult | undefined => {
    const own = found.controls.find((each) => each.budget === budget);
    return own && resultOf(own, found);
  };
  const byLabel = new Map(
    (measured?.points ?? []).map(({ budget }) => [budgetLabel(budget, found.undividedMacs), of(budget)]),
  );
  return {
    control: of(undefined) as PatternControlResult,
    curve: curve && {
      ...curve,
      points: curve.points.map((point) => ({ ...point, control: byLabel.get(point.label) })),
    },
    remark: `Fixed patterns were chosen ${
      heldOut === undefined
        ? `on one half of the test images and measured on the other, both ways round${
            asked === undefined
              ? ''
              : ` (of the ${train.size} training images given, the run would have held out others than its ${asked})`
          }`
        : `on ${found.choosingImages} of the ${heldOut} training images that the run held out`
    }; batch norms were estimated again on ${found.normImages} training images where that was better; patterns were not trained further.`,
  };
}

/** How many of the training images a run held out, if these are the images that it divided. */
async function heldOutImagesOf(config: RunConfig, train: Dataset): Promise<number | undefined> {
  const heldOut = heldOutOfTraining(config);
  if (heldOut === undefined || heldOut >= train.size) return undefined;
  const trained = train.file && trainedImagesOf(config.data);
  if (trained) return (await dividedAgain(trained, train)) && heldOut;
  const { train: others } = await heldOutParts(train, heldOut);
  return others.size === config.data.train.size ? heldOut : undefined;
}

function resultOf({ finding, meanMacs }: GateControl, { undividedMacs }: GateControls): PatternControlResult {
  const { difference, interval } = finding.difference;
  return {
    topOneErrorPercent: finding.errorPercent,
    macsRatio: meanMacs / undividedMacs,
    difference: 100 * difference,
    interval: [100 * interval[0], 100 * interval[1]],
  };
}
