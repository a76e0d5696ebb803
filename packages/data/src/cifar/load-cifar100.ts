import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  cifar100CategoryOfClass,
  cifar100Classes,
  cifar100SuperclassGroups,
  cifar100Superclasses,
} from '@dmnn/categories';
import type { ChannelStatistics } from './channel-statistics.js';
import { type CifarNames, cifarDataset, statisticsOf } from './cifar-images.js';
import { readCifarRecords } from './cifar-records.js';
import { isFile } from '../places/is-file.js';
import { DataError } from '../data-error.js';
import { contentsOf } from '../places/file-contents.js';
import type { InMemoryDataset } from '../in-memory-dataset.js';

/** Numbers of records, for files in CIFAR-100's format other than the official ones. */
export interface Cifar100Sizes {
  /** Records of `train.bin`. Default 50,000. */
  readonly train?: number;
  /** Records of `test.bin`. Default 10,000. */
  readonly test?: number;
}

/**
 * Reads one split of the CIFAR-100 binary version (A. Krizhevsky, 2009) and checks every label.
 *
 * Both splits need `train.bin`, because its channel statistics normalise both.
 *
 * @param directory - the folder with `train.bin` and `test.bin`, or its parent with `cifar-100-binary` in it.
 * @param split - which split to read.
 * @param sizes - numbers of records, for smaller files in the same format.
 * @throws DataError (`DMNN_DATA`) if a file is missing, truncated or mislabelled; the message names file, record and
 * byte. RangeError if a size is not an integer ≥ 1.
 * @example
 * ```ts
 * import { DataError, loadCifar100 } from '@dmnn/data';
 *
 * try {
 *   const test = await loadCifar100('/no/such/folder', 'test');
 *   console.log(test.size, test.classNames[test.label(0)]);
 * } catch (error) {
 *   if (!(error instanceof DataError)) throw error;
 *   console.log(error.code, error.got); // => DMNN_DATA nothing of that name
 * }
 * ```
 */
export async function loadCifar100(
  directory: string,
  split: 'train' | 'test',
  sizes: Cifar100Sizes = {},
): Promise<InMemoryDataset> {
  const both = split === 'train' ? ['train' as const] : ['train' as const, 'test' as const];
  const loaded = await loadSplits(directory, both, sizes);
  return loaded.at(-1) as InMemoryDataset;
}

/** Both splits, reading `train.bin` once. Errors as in `loadCifar100`. */
export async function loadBothCifar100(
  directory: string,
  sizes: Cifar100Sizes = {},
): Promise<{ train: InMemoryDataset; test: InMemoryDataset }> {
  const [train, test] = await loadSplits(directory, ['train', 'test'], sizes);
  return { train: train as InMemoryDataset, test: test as InMemoryDataset };
}

async function loadSplits(
  directory: string,
  splits: readonly ('train' | 'test')[],
  sizes: Cifar100Sizes,
): Promise<InMemoryDataset[]> {
  const counts = { train: sizes.train ?? 50_000, test: sizes.test ?? 10_000 };
  for (const split of ['train', 'test'] as const) {
    if (Number.isInteger(counts[split]) && counts[split] > 0) continue;
    throw new RangeError(`sizes.${split}: expected an integer ≥ 1 (records), got ${counts[split]}`);
  }
  const folder = await findFolder(directory, splits);
  const datasets: InMemoryDataset[] = [];
  let statistics: ChannelStatistics | undefined;
  for (const split of splits) {
    const file = join(folder, `${split}.bin`);
    const records = readCifarRecords(await contentsOf(file), file, counts[split]);
    statistics ??= statisticsOf(records);
    datasets.push(cifarDataset(names, { split, records, statistics }));
  }
  return datasets;
}

const names: CifarNames = {
  name: 'cifar100',
  classNames: cifar100Classes,
  categoryNames: cifar100Superclasses,
  categoryGroups: cifar100SuperclassGroups,
  categoryOf: cifar100CategoryOfClass,
};

const SOURCE =
  'Download the "CIFAR-100 binary version" (cifar-100-binary.tar.gz, 161 MB) from its authors\' page, https://www.cs.toronto.edu/~kriz/cifar.html, unpack it, and pass the folder that contains train.bin and test.bin.';

/** The folder with the files of `splits`: `directory` itself or `cifar-100-binary` in it. */
async function findFolder(directory: string, splits: readonly string[]): Promise<string> {
  const wanted = splits.map((split) => `${split}.bin`);
  const missing: string[][] = [];
  for (const folder of [directory, join(directory, 'cifar-100-binary')]) {
    const present = await Promise.all(wanted.map((name) => isFile(join(folder, name))));
    if (present.every(Boolean)) return folder;
    missing.push(wanted.filter((_, at) => !present[at]));
  }
  const [here, below] = missing as [string[], string[]];
  const partly = below.length < here.length;
  throw new DataError({
    file: partly ? join(directory, 'cifar-100-binary') : directory,
    expected: `a folder with ${wanted.join(' and ')}`,
    got: await whatIsThere(directory, partly ? below : here, wanted.length),
    remedy: SOURCE,
  });
}

async function whatIsThere(directory: string, missing: readonly string[], wanted: number): Promise<string> {
  if (missing.length < wanted) return `a folder without ${missing.join(' and ')}`;
  const found = await stat(directory).catch(() => undefined);
  if (!found) return 'nothing of that name';
  if (!found.isDirectory()) return 'a file';
  const names = await readdir(directory);
  if (names.includes('cifar-100-binary.tar.gz')) return 'the archive cifar-100-binary.tar.gz, not unpacked';
  const others: Readonly<Record<string, string>> = {
    'data_batch_1.bin': 'CIFAR-10, which cifar10=PATH reads',
    'cifar-10-batches-bin': 'CIFAR-10, which cifar10=PATH reads',
    'cifar-100-python': 'the Python version of CIFAR-100',
    meta: 'the Python version of CIFAR-100',
  };
  const other = names.map((name) => others[name]).find((name) => name !== undefined);
  return other ?? 'a folder without them';
}
