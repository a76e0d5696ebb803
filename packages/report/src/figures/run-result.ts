import type { ReportRun } from '../report-data.js';

/** Where a run stands between accuracy and cost. */
export interface RunResult {
  readonly topOneErrorPercent: number;
  readonly macsRatio: number;
  /** Epochs before the network that was measured. */
  readonly epoch: number;
  /** Measured for this report, or said by the run's log. */
  readonly source: 'evaluation' | 'log';
}

/** The evaluation, or else the last one in the log; null if there is neither. */
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
