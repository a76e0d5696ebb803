import type { StepRecord } from '@dmnn/runs';
import { errorPercent } from './epoch-totals.js';
import type { StepValues } from './step-values.js';

/** What is reported of a step, in the log and to `onProgress` alike. */
export type StepFigures = Pick<
  StepRecord,
  'step' | 'epoch' | 'learningRate' | 'executionRate' | 'targetRate' | 'macsRatio'
> &
  Pick<StepValues, 'loss'>;

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
  return {
    kind: 'step',
    ...figures,
    topOneErrorPercent: errorPercent(values),
    executionRates,
    flopsRate,
    gradientNorm,
    clock: { time: new Date().toISOString(), imagesPerSecond, dataWaitShare },
  };
}
