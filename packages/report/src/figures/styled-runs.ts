import { type SeriesStyle, seriesStyle } from '../drawing/series-style.js';
import type { ReportRun } from '../report-data.js';

/** A run and how it looks in every figure of the report. */
export interface StyledRun {
  readonly run: ReportRun;
  readonly style: SeriesStyle;
}

/** Runs with their styles, by their places in the report. */
export function styledRuns(runs: readonly ReportRun[]): StyledRun[] {
  return runs.map((run, index) => ({ run, style: seriesStyle(index) }));
}
