import type { Place } from '../drawing/series.js';
import type { ReportRun, StepPoint } from '../report-data.js';
import { binnedMeans } from './binned-means.js';

/** A quantity that changes during training. */
export interface TrainingQuantity {
  readonly title: string;
  /** The quantity over epochs. */
  readonly curve: (run: ReportRun) => Place[];
  /** The curve's target, drawn as a thin line. */
  readonly target?: (run: ReportRun) => Place[];
  /** Whether each point is a separate measurement, drawn with a marker. */
  readonly hasMarkers: boolean;
  /** Minimum range of the axis. */
  readonly atLeast?: readonly [number, number];
}

/** Curves with more points than this are reduced to means. */
const CURVE_PLACES = 100;

/** The quantities, in drawing order. */
export const trainingQuantities: readonly TrainingQuantity[] = [
  {
    title: 'Test error, %',
    curve: ({ training }) =>
      training.epochs.flatMap(({ epoch, test }): Place[] => (test ? [[epoch, test.topOneErrorPercent]] : [])),
    hasMarkers: true,
  },
  {
    title: 'Training error, mean over the epoch, %',
    curve: ({ training }) =>
      training.epochs.map(({ epoch, trainingErrorPercent }): Place => [epoch, trainingErrorPercent]),
    hasMarkers: true,
  },
  { title: 'Training loss, nats', curve: (run) => overSteps(run, ({ loss }) => loss), hasMarkers: false },
  {
    title: 'Learning rate',
    curve: (run) => overSteps(run, ({ learningRate }) => learningRate),
    hasMarkers: false,
    atLeast: [0, 0],
  },
  {
    title: 'Cost in training, % of the undivided MACs',
    curve: (run) => overSteps(run, ({ macsRatio }) => 100 * macsRatio),
    hasMarkers: false,
    atLeast: [0, 100],
  },
  {
    title: 'Gates open, % (thin: the target)',
    curve: (run) => overSteps(run, ({ executionRate }) => percentOrNull(executionRate)),
    target: (run) => overSteps(run, ({ targetRate }) => percentOrNull(targetRate)),
    hasMarkers: false,
    atLeast: [0, 100],
  },
];

function percentOrNull(rate: number | null): number | null {
  return rate === null ? null : 100 * rate;
}

function overSteps({ training }: ReportRun, value: (point: StepPoint) => number | null): Place[] {
  const places = training.steps.flatMap((point): Place[] => {
    const y = value(point);
    return y === null ? [] : [[point.step / training.stepsPerEpoch, y]];
  });
  return binnedMeans(places, CURVE_PLACES);
}
