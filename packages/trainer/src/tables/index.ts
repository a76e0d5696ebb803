export {
  type CompareTablesOptions,
  type OurNumbers,
  type TableRow,
  compareTables,
} from './compare-tables.js';
export { paperRow } from './paper-row.js';
export { type PaperNumbers, type PaperRow, type RowSystem, paperRows } from './paper-rows.js';
export { UnknownRowError } from './unknown-row-error.js';
