import { imagenetClasses } from '@dmnn/categories';
import { DataError } from '../data-error.js';
import { arrowSchemaOf } from '../parquet/arrow-schema.js';
import { type ClassLabel, classLabelOf } from '../parquet/class-label.js';
import type { ParquetColumn } from '../parquet/footer.js';
import { type ParquetFile, columnIndex, parquetError, readColumn } from '../parquet/parquet-file.js';
import { otherColumns } from '../parquet/parquet-image.js';
import type { ParquetValue } from '../parquet/values.js';
import { classOfWnid, namedClasses } from './named-classes.js';

const LABEL = 'label';

/** The column `label` of a parquet file, and what the file says of its numbers. */
export interface ParquetLabelColumn extends ClassLabel {
  readonly file: ParquetFile;
  readonly index: number;
  readonly column: ParquetColumn;
  /** Whether it holds numbers, whose meaning names decide. */
  readonly numbers: boolean;
}

/** Names for the numbers of a column, and the file that has them. */
export interface LabelNames {
  readonly names: readonly string[];
  readonly path: string;
}

/**
 * The column `label` of a parquet file.
 *
 * @throws DataError if there is none, or what the file says of its classes is damaged
 */
export async function parquetLabelColumn(file: ParquetFile): Promise<ParquetLabelColumn> {
  const index = columnIndex(file, LABEL);
  const stored = file.footer.columns[index];
  if (!stored) throw otherColumns(file);
  return parquetError(file.path, undefined, () => {
    const meaning = arrowSchemaOf(file.footer)?.meanings.get(LABEL) ?? stored.meaning;
    const column = { ...stored, meaning };
    const label = classLabelOf(file.footer, LABEL);
    return Promise.resolve({ ...label, file, index, column, numbers: isNumber(stored.type) });
  });
}

/**
 * The classes of a parquet file's rows: numbers of classes; numbers that the metadata give names for; or wnids.
 *
 * @param given - names for the numbers; undefined if they are ImageNet's
 * @returns `[row]`: 0 to 999
 * @throws DataError naming the file, the row and the value, if it does not decide a class
 */
export async function parquetLabels(
  label: ParquetLabelColumn,
  given: LabelNames | undefined,
): Promise<Int32Array> {
  const { file, index } = label;
  const classOf = reader(label, given);
  const labels = new Int32Array(file.footer.rows);
  await readColumn(file, index, (value, row) => {
    const found = classOf(value);
    if (typeof found === 'number') labels[row] = found;
    else throw new DataError({ file: file.path, record: row, ...found });
  });
  return labels;
}

type Problem = Pick<DataError, 'expected' | 'got' | 'remedy'>;

const isNumber = (type: ParquetColumn['type']): boolean =>
  type === 'INT32' || type === 'INT64' || type === 'FLOAT' || type === 'DOUBLE';

function reader(
  { file, column, numbers, classes: count }: ParquetLabelColumn,
  given: LabelNames | undefined,
): (value: ParquetValue | null) => number | Problem {
  const last = imagenetClasses.length - 1;
  const who = given?.path === file.path ? 'the file' : given?.path;
  const expected = given
    ? `a label from 0 to ${given.names.length - 1}, for the ${given.names.length} classes that ${who} names`
    : count === undefined
      ? `a label from 0 to ${last}, or a wnid`
      : `a label from 0 to ${Math.min(last, count - 1)}, for the ${count} classes that the file says there are`;
  const kind =
    numbers && (column.meaning === undefined || column.meaning === 'int')
      ? 'number'
      : column.type === 'BYTE_ARRAY' && ['text', 'enum', undefined].includes(column.meaning)
        ? 'text'
        : undefined;
  const classes = given && namedClasses(given.names);
  return (value) => {
    const got = shown(value, column);
    if (value === null) {
      return { expected, got: 'null', remedy: 'Give every image a label, or remove the rows without.' };
    }
    if (kind === 'text' && value instanceof Uint8Array) {
      const found = classOfWnid(Buffer.from(value).toString('latin1'));
      if (found !== undefined) return found;
      return {
        expected: 'a wnid of ImageNet, such as n01440764',
        got,
        remedy: 'Write wnids or numbers as labels.',
      };
    }
    const number = kind === 'number' ? wholeNumber(value, column) : undefined;
    if (number === undefined) {
      return { expected, got, remedy: 'Write the labels as whole numbers or wnids.' };
    }
    if (!classes) {
      if (number >= 0 && number <= last && (count === undefined || number < count)) return number;
      const remedy =
        number < 0 || count === undefined
          ? 'The official test files have no labels: use the validation files.'
          : 'Check num_classes or the names in the metadata of the file.';
      return { expected, got, remedy };
    }
    const named = classes[number];
    const name = JSON.stringify(given.names[number]);
    if (!named) return { expected, got, remedy: 'Check the names in the metadata of the file.' };
    if (named.length === 1) return named[0] as number;
    return {
      expected: 'a class of ImageNet, by its name or wnid',
      got:
        named.length === 0
          ? `${got}, which ${who} names ${name}`
          : `${got}, which ${who} names ${name}: that is the name of classes ${named.join(' and ')}`,
      remedy:
        named.length === 0
          ? 'For other classes than those of ImageNet, unpack the images into one folder per class.'
          : 'Write wnids as names, or all names of a class: "crane" is a bird and a machine.',
    };
  };
}

/** Undefined for a fraction, NaN, what is beyond all classes anyway, and what is not a number of the column's bits. */
export function wholeNumber(value: ParquetValue, { unsigned, bits = 64 }: ParquetColumn): number | undefined {
  if (typeof value !== 'bigint' && (typeof value !== 'number' || !Number.isInteger(value))) return undefined;
  const number = Number(value);
  const largest = 2 ** (unsigned ? bits : bits - 1) - 1;
  // in a column without sign, large numbers are stored as negative ones
  return number <= largest && number >= (unsigned ? 0 : -largest - 1) ? number : undefined;
}

/** A value for a message. */
export function shown(value: ParquetValue | null, column: ParquetColumn): string {
  if (value === null) return 'null';
  if (value instanceof Uint8Array) {
    return column.type === 'BYTE_ARRAY'
      ? JSON.stringify(new TextDecoder().decode(value.subarray(0, 80)))
      : `a value of type ${column.meaning ?? column.type}`;
  }
  if (column.meaning !== undefined && column.meaning !== 'int') {
    return `${value} (${/^[aeiou]/.test(column.meaning) ? 'an' : 'a'} ${column.meaning})`;
  }
  if (typeof value === 'bigint' && column.unsigned) return `${BigInt.asUintN(64, value)}`;
  if (typeof value === 'number' && column.unsigned) return `${value >>> 0}`;
  return `${value}`;
}
