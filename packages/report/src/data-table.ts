/** A table as text. */
export interface DataTable {
  readonly caption: string;
  readonly columns: readonly TableColumn[];
  /** One cell per column; the first is the row's heading. */
  readonly rows: readonly (readonly string[])[];
}

/** A column of a {@link DataTable}. */
export interface TableColumn {
  /** Heading, including the unit: `Error, %`. */
  readonly head: string;
  /** Right-aligned with tabular digits. @defaultValue false */
  readonly isNumeric?: boolean;
}

/** Creates numeric columns from their headings. */
export function numericColumns(heads: readonly string[]): TableColumn[] {
  return heads.map((head) => ({ head, isNumeric: true }));
}
