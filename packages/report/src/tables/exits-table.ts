import { type DataTable, numericColumns } from '../data-table.js';
import { macsText, percentNumber } from '../drawing/number-text.js';
import { styledRuns } from '../figures/styled-runs.js';
import type { ReportRun } from '../report-data.js';

/** Exits of the runs that have some, as if every image left there; undefined if none has. */
export function exitsTable(runs: readonly ReportRun[]): DataTable | undefined {
  const rows = styledRuns(runs).flatMap(({ run, style }) =>
    (run.evaluation?.exits ?? []).map(({ afterBlock, topOneErrorPercent, meanMacs, macsRatio }, exit) => [
      `${style.letter} ${run.name}, exit ${exit}`,
      String(afterBlock),
      macsText(meanMacs),
      percentNumber(macsRatio),
      topOneErrorPercent.toFixed(2),
    ]),
  );
  if (rows.length === 0) return undefined;
  return {
    caption: 'Exits, as if every image left there',
    columns: [
      { head: 'Exit' },
      ...numericColumns(['after block', 'MACs, mean', 'of the undivided, %', 'Top-1 error, %']),
    ],
    rows,
  };
}
