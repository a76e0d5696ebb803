import type { ImageDataset } from '@dmnn/data';
import { UsageError } from './usage-error.js';

/** Both splits of a data set. */
export interface DataSplits {
  readonly train: ImageDataset;
  readonly test: ImageDataset;
}

/** What `--data` takes, for help texts. */
export const dataForms = 'built-in, built-in=IMAGES (fewer of them), or cifar100=PATH';

/**
 * Opens the data that a command line names: as `openDataset` of `@dmnn/data`, and the built-in data in any size.
 *
 * @param spec - `built-in=400` has 400 training and 100 test images
 * @throws UsageError for a size that is none; UnknownDatasetError, DataError
 */
export async function openData(spec: string): Promise<DataSplits> {
  if (/^cifar100=?$/.test(spec)) {
    throw new UsageError('--data: expected the folder of the binary version, cifar100=PATH, got no path.');
  }
  const { builtInDataset, openDataset } = await import('@dmnn/data');
  const size = /^built-in=(.*)$/.exec(spec)?.[1];
  if (size === undefined) return openDataset(spec);
  const images = /^\d{1,7}$/.test(size) ? Number(size) : 0;
  if (images < 4) throw new UsageError(`--data built-in=IMAGES: expected an integer >= 4, got ${size}`);
  return {
    train: builtInDataset({ split: 'train', size: images }),
    test: builtInDataset({ split: 'test', size: Math.floor(images / 4) }),
  };
}
