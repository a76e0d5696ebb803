import type { DataTable } from '../data-table.js';
import { numericColumns } from '../data-table.js';
import { percentNumber } from '../drawing/number-text.js';
import type { StyledRun } from './styled-runs.js';

/** The data of the training curves, epoch by epoch. */
export function trainingTable(styled: readonly StyledRun[]): DataTable {
  return {
    caption: 'Training, epoch by epoch',
    columns: [
      { head: 'Run' },
      ...numericColumns([
        'Epoch',
        'Training error, %',
        'Test error, %',
        'Test MACs, % of the undivided',
        'Gates open on test images, %',
      ]),
    ],
    rows: styled.flatMap(({ run, style }) =>
      run.training.epochs.map(({ epoch, trainingErrorPercent, test }) => [
        `${style.letter} ${run.name}`,
        String(epoch),
        trainingErrorPercent.toFixed(2),
        test ? test.topOneErrorPercent.toFixed(2) : '–',
        test ? percentNumber(test.macsRatio) : '–',
        test && test.executionRate !== null ? percentNumber(test.executionRate) : '–',
      ]),
    ),
  };
}
