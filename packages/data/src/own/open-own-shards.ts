import { join } from 'node:path';
import type { FoundImages } from '../found-images.js';
import type { ImageFiles } from '../image-files.js';
import { tarIndexName } from '../imagenet/tar-index.js';
import { openShards } from '../shards/open-shards.js';
import { type OwnShards, labelledShards, openOwnArchives } from './own-shards.js';
import { type SplitFolders, entriesIn } from './split-folders.js';

/** How {@link openOwnShards} opens images. */
interface OwnShardsOptions {
  readonly name: string;
  readonly classNames: readonly string[] | undefined;
  readonly testOnly: boolean;
}

const inFileNames = {
  train: /(^|[^a-z])train(ing)?([^a-z]|$)/,
  test: /(^|[^a-z])(val(id(ation)?)?|test(ing)?)([^a-z]|$)/,
} as const;

/** A folder, and the names in it that may be shards of a split. */
interface Place {
  readonly folder: string;
  readonly names: readonly string[];
}

/**
 * Opens tar archives or parquet files of one's own: in folders of splits, named after their splits in the folder or in `data`
 * within it, or all as one. Archives next to class folders do not count.
 *
 * @returns undefined if there are none
 */
export async function openOwnShards(
  directory: string,
  found: SplitFolders,
  { name, classNames, testOnly }: OwnShardsOptions,
): Promise<{ train: ImageFiles | undefined; test: ImageFiles | undefined } | undefined> {
  const places = await placesOf(directory, found);
  const open = async (split: 'train' | 'test'): Promise<OwnShards | undefined> => {
    const place = places[split];
    if (!place) return undefined;
    const others = split === 'train' ? places.test : places.train;
    const tables = (others?.names ?? []).filter((each) => /\.parquet$/i.test(each));
    return openShards<OwnShards & { readonly found: FoundImages }>(place.folder, place.names, {
      indexName: tarIndexName(split, 'own'),
      archives: (paths) => openOwnArchives(paths, split),
      // its reader and its decompressors are for those who have such files
      tables: async (paths) =>
        (await import('./own-tables.js')).openOwnTables(paths, () =>
          Promise.resolve(tables.map((each) => join(others?.folder ?? '', each))),
        ),
    });
  };
  const test = await open('test');
  const train = testOnly && test ? undefined : await open('train');
  return train || test ? labelledShards({ name, directory, train, test, classNames }) : undefined;
}

async function placesOf(
  directory: string,
  { names, folders, train, test }: SplitFolders,
): Promise<{ readonly train?: Place | undefined; readonly test?: Place | undefined }> {
  if (train !== undefined || test !== undefined)
    return { train: await ownPlace(train), test: await ownPlace(test) };
  if (folders.some((folder) => folder !== 'data')) return {};
  const inData = folders.includes('data') && !names.some(isShard);
  const folder = inData ? join(directory, 'data') : directory;
  const here = inData ? await entriesIn(folder) : { names, folders: [] };
  if (here.folders.length > 0) return {};
  const named = (split: 'train' | 'test'): Place | undefined => {
    const ofSplit = here.names.filter((each) => inFileNames[split].test(each.toLowerCase()));
    return ofSplit.some(isShard) ? { folder, names: ofSplit } : undefined;
  };
  const splits = { train: named('train'), test: named('test') };
  return splits.train || splits.test ? splits : { train: { folder, names: here.names } };
}

/** A split's own folder, unless it has class folders. */
async function ownPlace(folder: string | undefined): Promise<Place | undefined> {
  if (folder === undefined) return undefined;
  const { names, folders } = await entriesIn(folder);
  return folders.length > 0 ? undefined : { folder, names };
}

function isShard(name: string): boolean {
  return /\.(tar|parquet)(\.\w+)?$|\.(tgz|zip)$/i.test(name);
}
