import { DataError } from '../data-error.js';
import type { ImageFiles } from '../image-files.js';
import { type ParquetFile, openParquetFile, readValue } from '../parquet/parquet-file.js';
import { imageColumn } from '../parquet/parquet-image.js';
import { shownPath } from '../system-path.js';
import type { ImageShard } from '../shards/shard-files.js';
import { imagenetFiles } from './imagenet-labels.js';
import { givenNames } from './parquet-label-names.js';
import { type ParquetLabelColumn, parquetLabelColumn, parquetLabels } from './parquet-labels.js';

/**
 * Opens ImageNet in parquet files like those of the hub's gated `imagenet-1k`: columns `image` (`bytes`, `path`; or the
 * bytes themselves) and `label` (numbers; numbers for which the file's metadata give names; or wnids).
 *
 * @param files - paths; images keep their order.
 * @param otherFiles - finds the files of the other split: their names are used if no file of this split has any.
 * @throws DataError if a file cannot be read, has other columns, or a row has no label; if there are no rows; if a file names
 * no classes and the others name different ones.
 */
export async function openParquetImages(
  files: readonly string[],
  split: 'train' | 'test',
  otherFiles: () => Promise<readonly string[]>,
): Promise<ImageFiles> {
  const columns = await openLabelColumns(files);
  const { of, remarks } = await givenNames(columns, otherFiles);
  const shards: ImageShard[] = [];
  for (const column of columns) {
    const { path, version } = column.file;
    const labels = await parquetLabels(column, of(column));
    shards.push({
      size: labels.length,
      labels,
      image: (row) => ({
        place: { kind: 'parquet', path, row, version },
        file: `${shownPath(path)}, row ${row}`,
      }),
    });
  }
  if (shards.every(({ size }) => size === 0)) {
    throw new DataError({
      file: files.length === 1 ? (files[0] as string) : `${files[0] as string} and ${files.length - 1} more`,
      expected: 'images',
      got: 'no rows',
      remedy: 'Download the files again: they hold no data.',
    });
  }
  const empty = shards.filter(({ size }) => size === 0).length;
  if (empty > 0) remarks.push(`${empty} of ${files.length} parquet files have no rows.`);
  return imagenetFiles(split, 'parquet', shards, { passedOver: [], remarks });
}

/**
 * Opens parquet files of images, one after the other.
 *
 * @throws DataError if one cannot be read, or has no images or labels
 */
export async function openLabelColumns(files: readonly string[]): Promise<ParquetLabelColumn[]> {
  const columns: ParquetLabelColumn[] = [];
  for (const path of files) {
    const file = await openParquetFile(path);
    await checkImages(file, imageColumn(file));
    columns.push(await parquetLabelColumn(file));
  }
  return columns;
}

/** Images that are not in the file are found before the first step: by its statistics or, without, by the first row. */
async function checkImages(file: ParquetFile, column: number): Promise<void> {
  const { path, footer } = file;
  let row = 0;
  for (const { rows, chunks } of footer.groups) {
    const nulls = chunks[column]?.nulls ?? 0;
    if (nulls > 0) throw missing(`${nulls} of rows ${row} to ${row + rows - 1} without`);
    row += rows;
  }
  const unknown = footer.groups[0]?.chunks[column]?.nulls === undefined;
  if (unknown && footer.rows > 0 && (await readValue(file, column, 0)) === null)
    throw missing('none in row 0');

  function missing(got: string): DataError {
    const name = footer.columns[column]?.path.join('.') ?? '';
    return new DataError({
      file: path,
      expected: `the bytes of an image in ${name} of every row`,
      got,
      remedy: 'Write the file with the images in it: paths alone are not followed.',
    });
  }
}
