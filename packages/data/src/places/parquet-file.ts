import type { AsyncBuffer, FileMetaData } from 'hyparquet';
import { DataError } from '../data-error.js';

interface ParquetFile {
  readonly file: AsyncBuffer;
  readonly metadata: FileMetaData;
}

/** Footers are read once per thread; they are small compared with the images. */
const opened = new Map<string, Promise<ParquetFile>>();

function parquetFile(path: string): Promise<ParquetFile> {
  const known = opened.get(path);
  if (known) return known;
  const opening = openParquetFile(path);
  opened.set(path, opening);
  opening.catch(() => opened.delete(path)); // it may be readable next time
  return opening;
}

async function openParquetFile(path: string): Promise<ParquetFile> {
  const { asyncBufferFromFile, parquetMetadataAsync } = await import('hyparquet'); // only where there is such a file
  const file = await asyncBufferFromFile(path);
  return { file, metadata: await parquetMetadataAsync(file) };
}

/**
 * The column `label` of a parquet file with a column `image`, as in the hub's `imagenet-1k`.
 *
 * @throws DataError if the file cannot be read or has other columns.
 */
export async function parquetLabels(path: string): Promise<number[]> {
  const { file, metadata } = await orDataError(path, 'a parquet file', () => parquetFile(path));
  const columns = new Set(
    metadata.row_groups[0]?.columns.map((column) => column.meta_data?.path_in_schema.join('.')),
  );
  if (!columns.has('image.bytes') || !columns.has('label')) {
    throw new DataError({
      file: path,
      expected: 'columns image.bytes and label',
      got: [...columns].join(', ') || 'no rows',
      remedy: "Pass the parquet files of the hub's imagenet-1k, or files with the same columns.",
    });
  }
  const rows = await orDataError(path, 'labels', async () => {
    const { parquetReadObjects } = await import('hyparquet');
    return parquetReadObjects({ file, metadata, columns: ['label'] });
  });
  return rows.map((row) => Number(row['label']));
}

/** The image of a row: `image.bytes`. @throws DataError if it cannot be read */
export async function readParquetImage(path: string, row: number): Promise<Uint8Array> {
  const [found] = await orDataError(path, `an image in row ${row}`, async () => {
    const { parquetReadObjects } = await import('hyparquet');
    const { file, metadata } = await parquetFile(path);
    // without a page index the whole row group is read
    const range = { rowStart: row, rowEnd: row + 1, useOffsetIndex: true };
    return parquetReadObjects({ file, metadata, columns: ['image'], utf8: false, ...range });
  });
  const bytes = (found?.['image'] as { readonly bytes?: unknown } | null | undefined)?.bytes;
  if (bytes instanceof Uint8Array) return bytes;
  throw new DataError({
    file: path,
    record: row,
    expected: 'the bytes of an image in image.bytes',
    got: bytes === undefined || bytes === null ? 'nothing' : typeof bytes,
    remedy: 'Download the file again, with the images in it.',
  });
}

async function orDataError<Result>(
  file: string,
  expected: string,
  read: () => Promise<Result>,
): Promise<Result> {
  try {
    return await read();
  } catch (cause) {
    const got = cause instanceof Error ? cause.message : String(cause);
    const remedy = 'Check the file and its permissions, or download it again.';
    throw new DataError({ file, expected, got, remedy }, { cause });
  }
}
