import { gatedBlocks } from '@dmnn/architecture';
import { type Dataset, holdOut } from '@dmnn/data';
import type { Network } from '@dmnn/network';
import type { CostCurve, PatternControlResult } from '@dmnn/report';
import type { RunConfig } from '@dmnn/runs';
import type { BudgetCurve, Evaluation, OnSkipped } from '@dmnn/trainer';
import { type GateControl, type GateControls, evaluateGateControls } from '../control/gate-control.js';
import { budgetLabel, trainingDataset } from './cost-curve.js';

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
  const heldOut = data.train.facts?.['heldOut'];
  const train = trainingDataset(config, options.trainingDatasets);
  if (!train)
    return {
      remark: `No fixed patterns, since the training images of ${data.train.name}, to estimate batch norms on, were not given.`,
    };
  const hasHeldOut =
    typeof heldOut === 'number' &&
    heldOut < train.size &&
    holdOut(train, heldOut).train.size === data.train.size;
  const found = await evaluateGateControls({
    ...others,
    ...{ network, train, test, evaluation, execution: 'skipping', curve: measured },
    choice: hasHeldOut ? { images: 'held-out', heldOut } : { images: 'test-halves' },
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
      hasHeldOut
        ? `on ${found.choosingImages} images that the run held out`
        : 'on one half of the test images and measured on the other, both ways round'
    }; batch norms were estimated again on ${found.normImages} training images where that was better; patterns were not trained further.`,
  };
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
