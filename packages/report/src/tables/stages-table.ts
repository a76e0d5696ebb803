import type { CascadeReportData } from '../cascade-report-data.js';
import { type DataTable, numericColumns } from '../data-table.js';
import { macsText, percentNumber } from '../drawing/number-text.js';

/** Stages of a cascade: how many images stop there, and what that gives and costs. */
export function stagesTable({ stages, undividedMacs }: CascadeReportData): DataTable {
  return {
    caption: 'Where images stop',
    columns: [
      { head: 'Stage' },
      ...numericColumns([
        'Images that stop, %',
        'Error among them, %',
        'MACs until there',
        'of the last network, %',
        'Stops from',
        'Temperature',
        'Calibration error, %',
        'Error alone, %',
      ]),
    ],
    rows: stages.map((stage, at) => {
      const { name, share, topOneErrorPercent, aloneErrorPercent, macs, threshold, temperature } = stage;
      const { before, after } = stage.calibrationError;
      return [
        `${at + 1} ${name}`,
        percentNumber(share),
        topOneErrorPercent === null ? '–' : topOneErrorPercent.toFixed(2),
        macsText(macs),
        percentNumber(macs / undividedMacs),
        threshold === null ? 'always' : threshold.toFixed(4),
        temperature.toFixed(2),
        `${percentNumber(before)} → ${percentNumber(after)}`,
        aloneErrorPercent.toFixed(2),
      ];
    }),
  };
}
