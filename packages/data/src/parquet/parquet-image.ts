import { DataError } from '../data-error.js';
import { type ParquetFile, columnIndex, columnNames, openParquetFile, readValue } from './parquet-file.js';

/**
 * The column of a file's images: `image.bytes`, as the hub's `imagenet-1k` has it, or `image` itself.
 *
 * @throws DataError if there is none, or it holds something else than one run of bytes per row
 */
export function imageColumn(file: ParquetFile): number {
  const index =
    ['image.bytes', 'image'].map((name) => columnIndex(file, name)).find((found) => found >= 0) ?? -1;
  const column = file.footer.columns[index];
  if (!column) throw otherColumns(file);
  const text = column.meaning !== undefined;
  if (column.type === 'BYTE_ARRAY' && !text && column.repetitionLevels === 0) return index;
  throw new DataError({
    file: file.path,
    expected: 'the bytes of images in a column image.bytes or image',
    got: `${column.path.join('.')} of ${column.repetitionLevels > 0 ? 'lists' : (column.meaning ?? column.type)}`,
    remedy: "Pass the parquet files of the hub's imagenet-1k, or files with the same columns.",
  });
}

/**
 * The image of a row.
 *
 * @param version - of the file, if it must not have changed
 * @throws DataError if it cannot be read
 */
export async function readParquetImage(path: string, row: number, version?: string): Promise<Uint8Array> {
  const file = await openParquetFile(path, version);
  const value = await readValue(file, imageColumn(file), row);
  if (value instanceof Uint8Array) return value;
  throw new DataError({
    file: path,
    record: row,
    expected: 'the bytes of an image',
    got: 'null',
    remedy: 'Write the file with the images in it: paths alone are not followed.',
  });
}

/** For a file without the columns of a data set of images. */
export function otherColumns(file: ParquetFile): DataError {
  return new DataError({
    file: file.path,
    expected: 'columns image.bytes and label',
    got: columnNames(file) || 'no columns',
    remedy: "Pass the parquet files of the hub's imagenet-1k, or files with the same columns.",
  });
}
