import { type SeriesStyle, seriesStyle } from '../drawing/series-style.js';
import type { ReportRun } from '../report-data.js';

/** A run and its style, which is the same in every figure of the report. */
export interface StyledRun {
  readonly run: ReportRun;
  readonly style: SeriesStyle;
}

/** Gives each run a style by its position in the report. */
export function styledRuns(runs: readonly ReportRun[]): StyledRun[] {
  return runs.map((run, index) => ({ run, style: seriesStyle(index) }));
}
