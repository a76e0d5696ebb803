import CliTable from 'cli-table3';

/** A column of a printed table. */
export interface Column {
  readonly head: string;
  /** `right` aligns digits of numbers. @defaultValue 'left' */
  readonly align?: 'left' | 'right';
}

/**
 * Aligned columns without borders or colours: readable on paper and in a pipe.
 *
 * @param columns - one for each cell of a row
 * @param rows - cells; an empty row is an empty line
 * @returns the lines, without spaces at their ends
 */
export function tableText(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const table = new CliTable({
    head: columns.map(({ head }) => head),
    colAligns: columns.map(({ align }) => align ?? 'left'),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
    chars: {
      top: '', 'top-mid': '', 'top-left': '', 'top-right': '',
      bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '',
      left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '',
    },
  }); // prettier-ignore
  table.push(...rows.map((row) => (row.length > 0 ? [...row] : columns.map(() => ''))));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
