import { closestNames } from '@dmnn/backbones';
import { type PaperRow, paperRows } from './paper-rows.js';
import { UnknownRowError } from './unknown-row-error.js';

/**
 * One row of the paper's tables by its id.
 *
 * @throws UnknownRowError with the ids nearest to it
 */
export function paperRow(id: string): PaperRow {
  const rows = paperRows();
  const row = rows.find((each) => each.id === id);
  if (row) return row;
  throw new UnknownRowError(id, closestNames(id, rows.map((each) => each.id))); // prettier-ignore
}
