/** A table as text. */
export interface DataTable {
  readonly caption: string;
  readonly columns: readonly TableColumn[];
  /** A cell for each column; the first is the row's heading. */
  readonly rows: readonly (readonly string[])[];
}

/** A column of a {@link DataTable}. */
export interface TableColumn {
  /** With the unit: `Error, %`. */
  readonly head: string;
  /** Digits that line up. @defaultValue false */
  readonly isNumeric?: boolean;
}

/** Columns of numbers under headings. */
export function numericColumns(heads: readonly string[]): TableColumn[] {
  return heads.map((head) => ({ head, isNumeric: true }));
}
