import { type DataTable, numericColumns } from '../data-table.js';
import { percentNumber } from '../drawing/number-text.js';
import type { PaperComparison } from '../report-data.js';

/** Rows of the paper's tables compared with ours. */
export function paperTable(rows: readonly PaperComparison[]): DataTable {
  return {
    caption: 'Ours against the paper',
    columns: [
      { head: 'Row' },
      ...numericColumns([
        'Error, %: paper',
        'ours',
        'Parameters, M: paper',
        'ours',
        'MACs, G: paper',
        'ours',
        'Of the undivided, %: paper',
        'ours',
      ]),
      { head: 'Measured by' },
    ],
    rows: rows.map(({ id, paper, ours, run }) => [
      id,
      numberText(paper.topOneErrorPercent, 2),
      numberText(ours.topOneErrorPercent, 2),
      numberText(scaled(paper.parameters, 1e6), 2),
      numberText(scaled(ours.parameters, 1e6), 3),
      numberText(scaled(paper.macs, 1e9), 2),
      numberText(scaled(ours.macs, 1e9), 3),
      paper.macsRatio === null ? '–' : percentNumber(paper.macsRatio),
      ours.macsRatio === null ? '–' : percentNumber(ours.macsRatio),
      run ?? '–',
    ]),
  };
}

function scaled(value: number | null, unit: number): number | null {
  return value === null ? null : value / unit;
}

function numberText(value: number | null, digits: number): string {
  return value === null ? '–' : value.toFixed(digits);
}
