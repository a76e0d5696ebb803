import type { PaperRow } from './paper-rows.js';
import { rowOf } from './row-of.js';

/**
 * One row of the paper's tables by its id.
 *
 * @throws DmnnError `DMNN_UNKNOWN_ROW` with the ids nearest to it
 */
export function paperRow(id: string): PaperRow {
  return { id, paper: rowOf(id).paper };
}
