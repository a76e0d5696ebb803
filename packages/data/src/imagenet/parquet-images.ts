import { imagenetClasses } from '@dmnn/categories';
import { DataError } from '../data-error.js';
import { type ImageShard, imagenetFiles } from './imagenet-labels.js';
import { parquetLabels } from '../places/parquet-file.js';
import type { ImageFiles } from '../image-files.js';

/**
 * Opens ImageNet in the parquet files of the hub's gated `imagenet-1k`: columns `image` (`bytes`, `path`) and `label`.
 *
 * @param files - paths; images keep their order.
 * @throws DataError if a file cannot be read, has other columns, or a row has no label.
 */
export async function openParquetImages(
  files: readonly string[],
  split: 'train' | 'test',
): Promise<ImageFiles> {
  const shards: ImageShard[] = [];
  for (const path of files) {
    const labels = Int32Array.from(await parquetLabels(path));
    const unlabelled = labels.findIndex((label) => !imagenetClasses[label]);
    if (unlabelled >= 0) {
      throw new DataError({
        file: path,
        record: unlabelled,
        expected: `a label from 0 to ${imagenetClasses.length - 1}`,
        got: `${labels[unlabelled] as number}`,
        remedy: 'The official test files have no labels: use the validation files.',
      });
    }
    shards.push({
      size: labels.length,
      labels,
      image: (row) => ({
        place: { kind: 'parquet', path, row },
        file: `${path}, row ${row}`,
      }),
    });
  }
  return imagenetFiles(split, 'parquet', shards);
}
