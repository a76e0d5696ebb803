import { deviation, mean } from 'd3-array';
import { type DataTable, numericColumns } from '../data-table.js';
import { macsText } from '../drawing/number-text.js';
import { runResult } from '../figures/run-result.js';
import { seriesStyle } from '../drawing/series-style.js';
import type { ReportRun } from '../report-data.js';

/**
 * Means over runs that differ only in the seed, with the sample standard deviation.
 *
 * @returns `null` if no two runs differ only in the seed
 */
export function seedsTable(runs: readonly ReportRun[]): DataTable | null {
  const bySettings = new Map<string, { letter: string; run: ReportRun }[]>();
  for (const [index, run] of runs.entries()) {
    const key = JSON.stringify([run.settings, run.data]);
    bySettings.set(key, [...(bySettings.get(key) ?? []), { letter: seriesStyle(index).letter, run }]);
  }
  const rows = [...bySettings.values()].flatMap((same) => {
    const results = same.flatMap(({ run }) => runResult(run) ?? []);
    const [first] = same;
    if (!first || results.length < 2) return [];
    return [
      [
        `${first.run.model}: ${same.map(({ letter }) => letter).join(', ')}`,
        String(results.length),
        spreadText(
          results.map(({ macsRatio }) => macsRatio * first.run.undividedMacs),
          macsText,
        ),
        spreadText(results.map(({ macsRatio }) => 100 * macsRatio)),
        spreadText(results.map(({ topOneErrorPercent }) => topOneErrorPercent)),
      ],
    ];
  });
  if (rows.length === 0) return null;
  return {
    caption: 'Means over seeds ± standard deviation',
    columns: [
      { head: 'Runs with equal settings' },
      ...numericColumns(['Seeds', 'MACs, mean', 'of the undivided, %', 'Top-1 error, %']),
    ],
    rows,
  };
}

function spreadText(values: readonly number[], text = (value: number): string => value.toFixed(2)): string {
  return `${text(mean(values) ?? 0)} ± ${text(deviation(values) ?? 0)}`;
}
