import { DataError } from '../data-error.js';
import type { ImageFiles } from '../image-files.js';
import { type ParquetFile, openParquetFile, readValue } from '../parquet/parquet-file.js';
import { imageColumn } from '../parquet/parquet-image.js';
import { type ImageShard, imagenetFiles } from './imagenet-labels.js';
import { parquetLabels } from './parquet-labels.js';

/**
 * Opens ImageNet in parquet files like those of the hub's gated `imagenet-1k`: columns `image` (`bytes`, `path`; or the
 * bytes themselves) and `label` (numbers; numbers for which the file's metadata give names; or wnids).
 *
 * @param files - paths; images keep their order.
 * @throws DataError if a file cannot be read, has other columns, or a row has no label; or if there are no rows.
 */
export async function openParquetImages(
  files: readonly string[],
  split: 'train' | 'test',
): Promise<ImageFiles> {
  const shards: ImageShard[] = [];
  let byNames = 0;
  for (const path of files) {
    const file = await openParquetFile(path);
    await checkImages(file, imageColumn(file));
    const { labels, named } = await parquetLabels(file);
    if (named) byNames++;
    shards.push({
      size: labels.length,
      labels,
      image: (row) => ({
        place: { kind: 'parquet', path, row },
        file: `${path}, row ${row}`,
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
  const remarks = [
    byNames > 0
      ? `${byNames} of ${files.length} parquet files name the classes of their labels: numbers are read by these names.`
      : undefined,
    empty > 0 ? `${empty} of ${files.length} parquet files have no rows.` : undefined,
  ].filter((remark) => remark !== undefined);
  return imagenetFiles(split, 'parquet', shards, { passedOver: [], remarks });
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
