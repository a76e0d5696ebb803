import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from '../data-error.js';
import { isHiddenName } from '../folders/image-names.js';
import type { ImageFiles } from '../image-files.js';
import { pathOf, systemPath } from '../system-path.js';
import { openShards } from '../shards/open-shards.js';
import { openImagenetFolder } from './image-folder.js';
import { tarIndexName } from './tar-index.js';
import { openTarShards } from './tar-shards.js';
import { systemReason } from '@dmnn/foundation/node';

const folderNames = { train: ['train'], test: ['val', 'validation'] } as const;
const inFileNames = {
  train: /(^|[^a-z])train([^a-z]|$)/,
  test: /(^|[^a-z])val(idation)?([^a-z]|$)/,
} as const;

/**
 * Opens one split of ImageNet (ILSVRC-2012) in any of these layouts: a folder `train` or `val` of class folders or of
 * tar archives, or shards named after their split, `train-00000.tar` or `data/validation-00000-of-00014.parquet`.
 * Classes and categories are those of `@dmnn/categories`, even if some classes are missing. Only names and labels are
 * read at this point.
 *
 * @param directory - the folder that contains both splits.
 * @throws DataError (`DMNN_DATA`) if the split's files are missing or invalid. TypeError if `split` is another word.
 * @example
 * ```ts
 * import { DataError, openImagenet } from '@dmnn/data';
 *
 * try {
 *   const test = await openImagenet('/no/imagenet/here', 'test');
 *   console.log(test.size, test.layout);
 * } catch (error) {
 *   console.log(error instanceof DataError && error.file); // => /no/imagenet/here
 * }
 * ```
 */
export async function openImagenet(directory: string, split: 'train' | 'test'): Promise<ImageFiles> {
  if (!Object.hasOwn(folderNames, split)) {
    throw new TypeError(`split: expected 'train' or 'test', got ${split}`);
  }
  const others = () => tablesOf(directory, split === 'train' ? 'test' : 'train');
  for await (const { folder, names, ownFolder } of placesOf(directory, split)) {
    const found =
      ownFolder && names.some(isWnid)
        ? undefined
        : await openShards(folder, names, {
            indexName: tarIndexName(split),
            archives: (archives) => openTarShards(archives, split),
            // its reader and its decompressors are for those who have such files
            tables: async (tables) =>
              (await import('./parquet-images.js')).openParquetImages(tables, split, others),
          });
    if (found) return found;
    if (ownFolder) return openImagenetFolder(folder, split);
  }
  const here = await namesIn(directory);
  const [name] = folderNames[split];
  throw new DataError({
    file: directory,
    expected: `a folder ${folderNames[split].join(' or ')} of class folders or tar archives, or ${name}-*.tar or *.parquet`,
    got: here.length === 0 ? 'nothing' : here.slice(0, 5).join(', '),
    remedy: 'Pass the folder that contains both splits of ImageNet.',
  });
}

/** Names in a folder that may belong to a split. */
interface Place {
  readonly folder: string;
  readonly names: readonly string[];
  /** Whether the folder is the split's own. */
  readonly ownFolder: boolean;
}

/** Where a split may lie: in a folder of its own, or else next to the other split or in `data`. */
async function* placesOf(directory: string, split: 'train' | 'test'): AsyncGenerator<Place> {
  const here = await namesIn(directory);
  const own = folderNames[split].find((name) => here.includes(name));
  if (own !== undefined) {
    const folder = join(directory, own);
    yield { folder, names: await namesIn(folder), ownFolder: true };
    return;
  }
  const named = (folder: string, names: readonly string[]): Place => ({
    folder,
    names: names.filter((name) => inFileNames[split].test(name.toLowerCase())),
    ownFolder: false,
  });
  yield named(directory, here);
  const data = join(directory, 'data');
  if (here.includes('data')) yield named(data, await namesIn(data));
}

/** Paths of the parquet files of a split, as far as its folders can be read. */
async function tablesOf(directory: string, split: 'train' | 'test'): Promise<readonly string[]> {
  try {
    for await (const { folder, names } of placesOf(directory, split)) {
      const tables = names.filter((name) => /\.parquet$/i.test(name) && !isHiddenName(name));
      if (tables.length > 0) return tables.map((name) => join(folder, name));
    }
  } catch (error) {
    if (!(error instanceof DataError)) throw error; // for those to say who open that split
  }
  return [];
}

/** Whether a name is one of a class folder: archives next to it do not count then. */
function isWnid(name: string): boolean {
  return /^n\d{8}$/.test(name);
}

/** Sorted by code units: the same on every machine. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(systemPath(folder), { encoding: 'buffer' })).map(pathOf).sort();
  } catch (cause) {
    const got = systemReason(cause);
    const remedy = 'Pass the folder that contains both splits of ImageNet.';
    throw new DataError({ file: folder, expected: 'a readable folder', got, remedy }, { cause });
  }
}
