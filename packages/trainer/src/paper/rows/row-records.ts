import type { RowRecord } from './row-record.js';
import { table1 } from './table1.js';
import { table2 } from './table2.js';
import { table3 } from './table3.js';
import { table4 } from './table4.js';

/**
 * Tables 1 to 4 of the paper as they were read from its text: all 42 rows, in the paper's order.
 *
 * Keys are row ids: table, row number, model and setting. Where the text lost a setting (brackets and formulas were
 * dropped), `paper.note` says what was inferred and from what.
 *
 * @see arXiv 1902.10949, Tables 1 to 4
 */
export const rowRecords: Readonly<Record<string, RowRecord>> = { ...table1, ...table2, ...table3, ...table4 };
