import { DataError } from '../data-error.js';
import type { ImageFiles } from '../image-files.js';
import { type ParquetFile, openParquetFile } from '../parquet/parquet-file.js';
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
  for (const path of files) {
    const file = await openParquetFile(path);
    checkImages(file, imageColumn(file));
    const labels = await parquetLabels(file);
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
  return imagenetFiles(split, 'parquet', shards);
}

/** Images that are not in the file are found before the first step, where the file's statistics say so. */
function checkImages({ path, footer }: ParquetFile, column: number): void {
  let row = 0;
  for (const { rows, chunks } of footer.groups) {
    const nulls = chunks[column]?.nulls ?? 0;
    if (nulls > 0) {
      const all = footer.columns[column]?.path.join('.') ?? '';
      throw new DataError({
        file: path,
        expected: `the bytes of an image in ${all} of every row`,
        got: `${nulls} of rows ${row} to ${row + rows - 1} without`,
        remedy: 'Write the file with the images in it: paths alone are not followed.',
      });
    }
    row += rows;
  }
}
