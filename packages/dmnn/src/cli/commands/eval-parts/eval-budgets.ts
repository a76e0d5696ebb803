import { countUndivided } from '@dmnn/flops';
import type { Network } from '@dmnn/network';
import type { BackendReport } from '@dmnn/runtime';
import type { BudgetCurve, BudgetPoint, EngineNetwork, LatencyTable, OnSkipped } from '@dmnn/trainer';
import type { Budgets } from '../../options/budgets-option.js';
import type { CommandIo } from '../../terminal/command-io.js';
import { ProgressLine } from '../../terminal/progress-line.js';
import { countText, millisecondsText, percentText } from '../../../text/count-text.js';
import { costText } from './cost-text.js';
import { type EvaluationJson, evaluationJson } from './evaluation-json.js';
import { latencies, originText } from './latencies-file.js';
import type { TrainingSplits } from '../../options/open-data.js';
import { tableText } from '../../../text/table-text.js';
import { usageError } from '../../terminal/usage-error.js';
import type { GateControls } from '../../../control/gate-control.js';
import { controlJson } from './gate-control-text.js';
import { type NetworkAgainst, networkAgainstJson } from './network-against.js';

/** Settings of `dmnn eval --budgets`. */
export interface BudgetsRequest {
  readonly budgets: Budgets;
  readonly calibrationImages: number;
  readonly latencies: string | undefined;
  /** @defaultValue 200, of an engine 32 */
  readonly batchSize: number | undefined;
  readonly execution: 'masked' | 'skipping';
  /** Of TensorFlow.js; undefined in an engine. */
  readonly backend: BackendReport | undefined;
  readonly onSkipped: OnSkipped;
  readonly signal: AbortSignal;
}

/** A budget curve in the requested unit. */
export interface BudgetFindings {
  readonly unit: Budgets['unit'];
  readonly curve: BudgetCurve;
  readonly latencies?: LatencyTable | undefined;
}

/**
 * Finds thresholds on training images, and measures them on test images.
 *
 * @throws DmnnError `DMNN_USAGE` if none of the budgets can be met, or the network has no gates
 */
export async function evaluateBudgets(
  network: Network | EngineNetwork,
  { train, test }: TrainingSplits,
  request: BudgetsRequest,
  io: CommandIo,
): Promise<BudgetFindings> {
  const { budgetCurve, calibrationImages, latencyCosts } = await import('@dmnn/trainer');
  const { budgets, execution, signal, batchSize, onSkipped } = request;
  const { unit } = budgets;
  if (unit === 'ms' && execution === 'masked') {
    throw usageError(
      '--budgets: expected --execution skipping with milliseconds: masked execution takes the same time for all gates.',
    );
  }
  const { imageSizePx } = test;
  const table =
    unit === 'ms'
      ? await latencies(network, { ...request, file: request.latencies, imageSizePx }, io)
      : undefined;
  const scale = unit === 'ms' ? 1 : countUndivided(network.architecture, { imageSizePx }).macs;
  const line = new ProgressLine(io);
  line.show('budgets', `: finding thresholds on ${request.calibrationImages} training images`);
  const calibration = calibrationImages(train, request.calibrationImages);
  const curve = inUnit(
    scale,
    await budgetCurve({
      network,
      calibration,
      test,
      budgets: budgets.values.map((value) => value * scale),
      costs: table && latencyCosts(table),
      testBatchSize: batchSize,
      execution,
      onSkipped,
      signal,
      onProgress: ({ budget, threshold, meanCost }) => {
        line.show(
          costText(budget / scale, unit),
          `: threshold ${threshold.toFixed(4)} costs ${costText(meanCost / scale, unit)}`,
        );
      },
      onTestImages: (budget, images) => {
        signal.throwIfAborted();
        line.show(`${costText(budget / scale, unit)}: `, `${images} of ${test.size} images`);
      },
    }),
  );
  assertSomeMet(curve, unit);
  const above = curve.points.flatMap(({ budget }) =>
    budget > curve.highestCost * (1 + 1e-9) ? [costText(budget, unit)] : [],
  );
  if (above.length > 0)
    io.err(
      `--budgets: ${above.join(', ')}: more than ${costText(curve.highestCost, unit)}, what an image costs with all gates open, as they are there`,
    );
  return { unit, curve, latencies: table };
}

/** A budget as `--json` prints it. */
interface BudgetJson extends Partial<EvaluationJson> {
  readonly budget: number;
  readonly unit: 'macsRatio' | 'msPerImage';
  readonly threshold: number | null;
  readonly calibrationCost: number | null;
  readonly testCost: number | null;
}

/** The fields that budgets add to the evaluation. */
export function budgetsJson(
  { unit, curve, latencies: table }: BudgetFindings,
  controls: GateControls | undefined,
  against: readonly NetworkAgainst[] | undefined,
): object {
  const { calibrationImages, lowestCost, highestCost } = curve;
  return {
    budgets: curve.points.map(({ evaluation, budget, threshold, calibrationCost, testCost }): BudgetJson => ({
      budget,
      unit: unit === 'ms' ? 'msPerImage' : 'macsRatio',
      threshold,
      calibrationCost,
      testCost,
      ...(evaluation && evaluationJson(evaluation)),
      ...networkAgainstJson(against, budget),
      ...controlJson(controls, budget),
    })),
    reachable: { lowestCost, highestCost },
    calibrationImages,
    ...(table && { latencies: table }),
  };
}

/** The curve as text. */
export function budgetsText({ unit, curve, latencies: table }: BudgetFindings): string {
  const right = { align: 'right' as const };
  const reachable = `from ${costText(curve.lowestCost, unit)} (all gates closed) to ${costText(curve.highestCost, unit)} (all open)`;
  return [
    tableText(
      [
        { head: 'budget', ...right },
        { head: 'threshold', ...right },
        { head: 'when calibrated', ...right },
        ...(unit === 'ms' ? [{ head: 'predicted', ...right }] : []),
        { head: 'mean MACs', ...right },
        { head: 'of the backbone', ...right },
        { head: 'top-1 error', ...right },
        { head: 'time per image', ...right },
      ],
      curve.points.map((point) => pointRow(point, unit)),
    ),
    `thresholds found on ${curve.calibrationImages} training images, in ${curve.passes} passes; mean cost can range ${reachable}`,
    ...(table ? [`latencies ${originText(table)}; ${errorText(table)}`] : []),
  ].join('\n');
}

function pointRow(point: BudgetPoint, unit: Budgets['unit']): string[] {
  const { budget, threshold, calibrationCost, testCost, evaluation } = point;
  if (threshold === null || calibrationCost === null || testCost === null || !evaluation) {
    return [costText(budget, unit), 'none', ...Array.from({ length: unit === 'ms' ? 6 : 5 }, () => '–')];
  }
  return [
    costText(budget, unit),
    thresholdText(threshold),
    costText(calibrationCost, unit),
    ...(unit === 'ms' ? [costText(testCost, unit)] : []),
    countText(evaluation.cost.meanMacs),
    percentText(evaluation.cost.macsRatio),
    `${evaluation.error.top1ErrorPercent.toFixed(2)} %`,
    millisecondsText(evaluation.timing.msPerImage),
  ];
}

function thresholdText(threshold: number): string {
  if (threshold === 0) return 'all open';
  if (threshold === 1) return 'all closed';
  // near 0 or 1, four digits would not distinguish thresholds
  return threshold > 0.0005 && threshold < 0.9995
    ? threshold.toFixed(4)
    : threshold < 0.5
      ? threshold.toExponential(2)
      : `1 − ${(1 - threshold).toExponential(2)}`;
}

function errorText({ predictionError: { patterns, mean, largest } }: LatencyTable): string {
  return `they predict the times of ${patterns} unseen gate patterns to ${percentText(mean)} on average, ${percentText(largest)} at worst`;
}

function inUnit(scale: number, curve: BudgetCurve): BudgetCurve {
  const scaled = (cost: number | null): number | null => (cost === null ? null : cost / scale);
  return {
    ...curve,
    lowestCost: curve.lowestCost / scale,
    highestCost: curve.highestCost / scale,
    points: curve.points.map((point) => ({
      ...point,
      budget: Number((point.budget / scale).toPrecision(12)),
      calibrationCost: scaled(point.calibrationCost),
      testCost: scaled(point.testCost),
    })),
  };
}

function assertSomeMet({ points, lowestCost, highestCost }: BudgetCurve, unit: Budgets['unit']): void {
  if (points.some(({ threshold }) => threshold !== null)) return;
  const largest = Math.max(...points.map(({ budget }) => budget));
  throw usageError(
    `--budgets: expected a mean cost from ${costText(lowestCost, unit)} (all gates closed) to ${costText(highestCost, unit)} (all open), got at most ${costText(largest, unit)}.`,
  );
}
