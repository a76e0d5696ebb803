/**
 * A row of the paper's tables that cannot be trained on the data at hand, which are not the row's.
 */
export class UnsupportedRowError extends Error {
  /** Stable name of this kind of error. */
  readonly code = 'DMNN_UNSUPPORTED_ROW';
  /** Id of the row. */
  readonly row: string;

  constructor(row: string, reason: string) {
    super(`${row}: ${reason}`);
    this.name = 'UnsupportedRowError';
    this.row = row;
  }
}
