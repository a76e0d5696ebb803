import { DataError } from '../data-error.js';
import { openLabelColumns } from '../imagenet/parquet-images.js';
import { givenNames } from '../imagenet/parquet-label-names.js';
import { type ParquetLabelColumn, shown, wholeNumber } from '../imagenet/parquet-labels.js';
import { readColumn } from '../parquet/parquet-file.js';
import type { ParquetValue } from '../parquet/values.js';
import { shownPath } from '../system-path.js';
import type { OwnShards, ShardClass } from './own-shards.js';
import { quotedNames } from './quoted-names.js';

/**
 * Opens parquet files as the hub has them: columns `image` and `label`. Classes are the texts in `label`, or its numbers: by the
 * names that the files' metadata give them, or else as names themselves.
 *
 * @param otherFiles - finds the files of the other split, whose names count where these have none
 * @throws DataError if a file cannot be read, has other columns, or a row has no label
 */
export async function openOwnTables(
  files: readonly string[],
  otherFiles: () => Promise<readonly string[]>,
): Promise<OwnShards> {
  const columns = await openLabelColumns(files);
  const { of, remarks } = await givenNames(columns, otherFiles);
  const lists = new Set(columns.map((column) => JSON.stringify(of(column)?.names)));
  const [order] = lists.size === 1 ? columns.map((column) => of(column)?.names) : [];
  for (const column of columns) {
    const names = of(column)?.names ?? [];
    const twice = names.filter((name, i) => names.indexOf(name) < i);
    if (twice.length === 0) continue;
    const remedy = 'Give each class a name of its own in the metadata of the files.';
    throw new DataError({
      ...{ file: column.file.path, expected: 'each name of a class once', remedy },
      got: `${quotedNames(twice)} twice`,
    });
  }
  const shards: OwnShards['shards'][number][] = [];
  for (const column of columns) {
    const { path, version, footer } = column.file;
    const names = of(column)?.names;
    const labels = new Int32Array(footer.rows);
    const known = new Map<string, number>();
    await readColumn(column.file, column.index, (value, row) => {
      const text = classOf(value, column, names);
      if (typeof text !== 'string') throw new DataError({ file: path, record: row, ...text });
      const label = known.get(text) ?? known.size;
      known.set(text, label);
      labels[row] = label;
    });
    shards.push({
      size: labels.length,
      labels,
      classes: [...known.keys()].map((text): ShardClass => ({ source: 'given', text })),
      image: (row) => ({
        place: { kind: 'parquet', path, row, version },
        file: `${shownPath(path)}, row ${row}`,
      }),
    });
  }
  return { layout: 'parquet', shards, order, found: { classes: 0, passedOver: [], remarks } };
}

function classOf(
  value: ParquetValue | null,
  { column, numbers }: ParquetLabelColumn,
  names: readonly string[] | undefined,
): string | Pick<DataError, 'expected' | 'got' | 'remedy'> {
  const expected = names ? `a number from 0 to ${names.length - 1}, of a class that is named` : 'a class';
  const problem = {
    expected,
    got: shown(value, column),
    remedy: 'Give every image a label, or remove the row.',
  };
  if (value === null) return problem;
  const isText = column.type === 'BYTE_ARRAY' && ['text', 'enum', undefined].includes(column.meaning);
  if (isText && value instanceof Uint8Array) {
    const text = new TextDecoder('utf-8').decode(value);
    return text.trim() === '' ? problem : text;
  }
  const isNumber = numbers && (column.meaning === undefined || column.meaning === 'int');
  const number = isNumber ? wholeNumber(value, column) : undefined;
  if (number === undefined || number < 0) return problem;
  return names ? (names[number] ?? problem) : String(number);
}
