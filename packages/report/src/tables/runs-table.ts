import { type DataTable, numericColumns } from '../data-table.js';
import { integerText, macsText, percentNumber } from '../drawing/number-text.js';
import { runResult } from '../figures/run-result.js';
import { styledRuns } from '../figures/styled-runs.js';
import type { ReportRun } from '../report-data.js';

/** Compares the runs: settings, cost and error. */
export function runsTable(runs: readonly ReportRun[]): DataTable {
  return {
    caption: 'Settings, cost and error of each run',
    columns: [
      { head: 'Run' },
      { head: 'Network' },
      { head: 'Data' },
      ...numericColumns([
        'Training images',
        'Seed',
        'Epochs',
        'Target t',
        'Parameters',
        'MACs, mean',
        'of the undivided, %',
        'Top-1 error, %',
      ]),
    ],
    rows: styledRuns(runs).map(({ run, style }) => {
      const result = runResult(run);
      const done = run.training.epochs.at(-1)?.epoch ?? 0;
      return [
        `${style.letter} ${run.name}`,
        run.model,
        run.data,
        integerText(run.trainImages),
        String(run.seed),
        done < run.epochs ? `${done} of ${run.epochs}` : String(run.epochs),
        run.targetRate === null ? '–' : String(run.targetRate),
        integerText(run.parameters),
        result ? macsText(result.macsRatio * run.undividedMacs) : '–',
        result ? percentNumber(result.macsRatio) : '–',
        result ? result.topOneErrorPercent.toFixed(2) : '–',
      ];
    }),
  };
}
