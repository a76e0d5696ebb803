import type { PaperNumbers } from './paper-numbers.js';
import { rowRecords } from './row-records.js';

/** A row of the paper's tables and its name. */
export interface PaperRow {
  /** Table, row, model and setting: `table1/10-dmnn50-n2-t0.5`. */
  readonly id: string;
  readonly paper: PaperNumbers;
}

/**
 * All 42 rows of the paper's Tables 1 to 4, in its order.
 *
 * @example
 * ```ts
 * import { paperRows } from '@dmnn/trainer/paper';
 *
 * const row = paperRows().find(({ id }) => id === 'table1/10-dmnn50-n2-t0.5');
 * console.log(paperRows().length, row?.paper.ratioPercent); // => 42 57.6
 * ```
 */
export function paperRows(): PaperRow[] {
  return Object.entries(rowRecords).map(([id, { paper }]) => ({ id, paper }));
}
