import { closestNames } from '@dmnn/foundation';
import type { RowRecord } from './row-record.js';
import { rowRecords } from './row-records.js';
import { unknownRowError } from './unknown-row-error.js';

/**
 * All that is particular to a row of the paper's tables.
 *
 * @throws DmnnError `DMNN_UNKNOWN_ROW` with the ids nearest to it
 */
export function rowOf(id: string): RowRecord {
  const row = rowRecords[id];
  if (!row) throw unknownRowError(id, closestNames(id, Object.keys(rowRecords)));
  return row;
}
