import type { StepRecord } from '@dmnn/runs';
import { errorPercent } from './epoch-totals.js';
import type { GatingSettings } from '../gates/gating-schedule.js';
import { reportedTarget } from '../gates/loss-target.js';
import { type LossValues, type StepValues, meanExecutionRate } from './step-values.js';

/** What is reported of a step, in the log and to `onProgress` alike. */
export interface StepFigures extends Pick<
  StepRecord,
  'step' | 'epoch' | 'learningRate' | 'executionRate' | 'macsRatio'
> {
  readonly loss: LossValues;
  /** The target in force, as one number; null without gates. */
  readonly target: number | null;
}

/**
 * Gathers what is reported of a step.
 *
 * @param at - `step` counts this one
 * @param fullMacsRatio - cost of an image with all gates open, over that of the undivided backbone
 */
export function stepFigures(
  at: Pick<StepFigures, 'step' | 'epoch' | 'learningRate'>,
  values: StepValues,
  gating: GatingSettings | undefined,
  fullMacsRatio: number,
): StepFigures {
  return {
    ...at,
    loss: values.loss,
    executionRate: meanExecutionRate(values.executionRates),
    target: gating ? reportedTarget(gating.target) : null,
    macsRatio: values.flopsRate * fullMacsRatio,
  };
}

/** What the clock says of a step. */
export interface StepClock {
  readonly imagesPerSecond: number;
  /** Share of the epoch's time so far in which training waited for images. */
  readonly dataWaitShare: number;
}

/** The line of the log for a step that was just done. */
export function stepRecord(figures: StepFigures, values: StepValues, clock: StepClock): StepRecord {
  const { executionRates, flopsRate, gradientNorm } = values;
  const { imagesPerSecond, dataWaitShare } = clock;
  const { step, epoch, learningRate, loss, executionRate, target, macsRatio } = figures;
  return {
    kind: 'step',
    step,
    epoch,
    learningRate,
    loss,
    executionRate,
    targetRate: target,
    macsRatio,
    topOneErrorPercent: errorPercent(values),
    executionRates,
    flopsRate,
    gradientNorm,
    clock: { time: new Date().toISOString(), imagesPerSecond, dataWaitShare },
  };
}
