import { DmnnError } from '@dmnn/foundation';

/**
 * A row of the paper's tables that cannot be trained on the data at hand, which are not the row's.
 *
 * @param row - its id
 */
export function unsupportedRowError(row: string, reason: string): DmnnError {
  return new DmnnError('DMNN_UNSUPPORTED_ROW', `${row}: ${reason}`, { details: { row } });
}
