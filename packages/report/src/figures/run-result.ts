import type { ReportRun } from '../report-data.js';

/** Accuracy and cost of a run. */
export interface RunResult {
  readonly topOneErrorPercent: number;
  readonly macsRatio: number;
  /** Epochs of training before the measurement. */
  readonly epoch: number;
  /** Whether it was measured for this report or read from the run's log. */
  readonly source: 'evaluation' | 'log';
}

/** Returns the report's evaluation, otherwise the last one in the log; `null` if there is neither. */
export function runResult({ evaluation, training }: ReportRun): RunResult | null {
  if (evaluation) {
    const { topOneErrorPercent, macsRatio, epoch } = evaluation;
    return { topOneErrorPercent, macsRatio, epoch, source: 'evaluation' };
  }
  const tested = training.epochs.flatMap(({ epoch, test }) => (test ? [{ epoch, ...test }] : []));
  const last = tested.at(-1);
  if (!last) return null;
  const { topOneErrorPercent, macsRatio, epoch } = last;
  return { topOneErrorPercent, macsRatio, epoch, source: 'log' };
}
