import { type DataTable, numericColumns } from '../data-table.js';
import { percentNumber } from '../drawing/number-text.js';
import { seriesStyle } from '../drawing/series-style.js';
import type { CostCurve, PatternControlResult, ReportRun } from '../report-data.js';

/** Gates and their control. */
interface Compared {
  readonly run: string;
  /** `as trained`, or the budget. */
  readonly gates: string;
  readonly macsRatio: number;
  readonly topOneErrorPercent: number;
  readonly control: PatternControlResult;
}

/**
 * Gates next to the best fixed pattern of the same mean cost.
 *
 * @returns `null` if nothing was compared
 */
export function controlsTable(runs: readonly ReportRun[], budgets: readonly CostCurve[]): DataTable | null {
  const rows = comparedGates(runs, budgets);
  if (rows.length === 0) return null;
  return {
    caption: 'Gates next to the best fixed pattern of the same mean cost',
    columns: [
      { head: 'Run' },
      { head: 'Gates' },
      ...numericColumns([
        'of the undivided, %',
        'Top-1 error, %',
        'Pattern costs, %',
        'Pattern’s error, %',
        'Difference, points',
        '95 % interval',
      ]),
    ],
    rows: rows.map(({ run, gates, macsRatio, topOneErrorPercent, control }) => [
      run,
      gates,
      percentNumber(macsRatio),
      topOneErrorPercent.toFixed(2),
      percentNumber(control.macsRatio),
      control.topOneErrorPercent.toFixed(2),
      pointsText(control.difference),
      control.interval.map(pointsText).join(' to '),
    ]),
  };
}

/** What the comparisons of a report come to, in a sentence; `null` if nothing was compared. */
export function controlsVerdict(runs: readonly ReportRun[], budgets: readonly CostCurve[]): string | null {
  const rows = comparedGates(runs, budgets);
  if (rows.length === 0) return null;
  const better = rows.filter(({ control }) => control.interval[1] < 0).length;
  if (better === rows.length)
    return 'Gates are better than the best fixed pattern of the same mean cost, beyond the 95 % interval over images.';
  return `No better than static networks: ${rows.length - better} of ${rows.length} do not differ from a fixed pattern for the better beyond the 95 % interval over images.`;
}

function comparedGates(runs: readonly ReportRun[], budgets: readonly CostCurve[]): Compared[] {
  return runs.flatMap(({ name, evaluation }, index) => {
    const run = `${seriesStyle(index).letter} ${name}`;
    const own = budgets.filter((curve) => curve.run === name).flatMap(({ points }) => points);
    const trained = evaluation ? [{ ...evaluation, gates: 'as trained' }] : [];
    return [...trained, ...own.map((point) => ({ ...point, gates: `budget ${point.label}` }))].flatMap(
      ({ gates, macsRatio, topOneErrorPercent, control }) =>
        control ? [{ run, gates, macsRatio, topOneErrorPercent, control }] : [],
    );
  });
}

function pointsText(value: number): string {
  return value.toFixed(2).replace('-', '−');
}
