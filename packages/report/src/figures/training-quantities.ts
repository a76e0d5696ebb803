import type { Place } from '../drawing/series.js';
import type { ReportRun, StepPoint } from '../report-data.js';
import { binnedMeans } from './binned-means.js';

/** Something that changes in the course of training. */
export interface TrainingQuantity {
  readonly title: string;
  /** Over epochs. */
  readonly curve: (run: ReportRun) => Place[];
  /** What the curve is to come to, thin beside it. */
  readonly target?: (run: ReportRun) => Place[];
  /** Whether each place is a measurement of its own, which gets a marker. */
  readonly hasMarkers: boolean;
  /** Ends that the axis reaches at least. */
  readonly atLeast?: readonly [number, number];
}

/** A curve of more than so many steps is drawn as means. */
const CURVE_PLACES = 100;

/** The quantities in the order in which they are drawn. */
export const trainingQuantities: readonly TrainingQuantity[] = [
  {
    title: 'Test error, %',
    curve: ({ training }) =>
      training.epochs.flatMap(({ epoch, test }): Place[] => (test ? [[epoch, test.topOneErrorPercent]] : [])),
    hasMarkers: true,
  },
  {
    title: 'Training error, mean of the epoch, %',
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
