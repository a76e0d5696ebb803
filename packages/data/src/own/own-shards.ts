import { dirname } from 'node:path';
import { DataError } from '../data-error.js';
import { byCodePoints } from '../folders/folder-entries.js';
import type { FoundImages } from '../found-images.js';
import type { ImageFiles } from '../image-files.js';
import type { TarClasses } from '../imagenet/tar-labels.js';
import { indexedArchives, openedShard } from '../imagenet/tar-shards.js';
import { type ImageShard, shardFiles } from '../shards/shard-files.js';
import { quotedNames } from './quoted-names.js';

/** Where a class of an image in a shard comes from: a file or column that gives it, or the image's folder in an archive. */
type ClassSource = 'given' | 'folder';

/** A text that says the class of images, and where it comes from. */
export interface ShardClass {
  readonly source: ClassSource;
  /** The class's name, or the path of the folder. */
  readonly text: string;
}

/** The images of one split, before it is known which classes there are in all. */
export interface OwnShards {
  readonly layout: 'tar-shards' | 'parquet';
  /** With `labels` that are indices of `classes`. */
  readonly shards: readonly (ImageShard & { readonly classes: readonly ShardClass[] })[];
  /** Names of all classes in their order, if the files have such a list. */
  readonly order?: readonly string[] | undefined;
  readonly found: FoundImages;
}

/** Opens tar archives: classes are what `KEY.cls` or `label` in `KEY.json` say, or else the folders in the archive. */
export async function openOwnArchives(paths: readonly string[], split: 'train' | 'test'): Promise<OwnShards> {
  const { indexes, passedOver, remarks } = await indexedArchives(
    paths,
    split,
    'own',
    () => new OwnTarClasses(),
  );
  return {
    layout: 'tar-shards',
    shards: indexes.map((index, i) => ({
      ...openedShard(paths[i] as string, index),
      classes: (index.classNames ?? []).map((text) => ({
        source: text.startsWith(GIVEN) ? 'given' : 'folder',
        text: text.slice(1),
      })),
    })),
    found: { classes: 0, passedOver, remarks },
  };
}

/** Marks of what gives a class, before it in an index. */
const GIVEN = '=';
const FOLDER = '/';

/** The classes of an archive by whatever names they have, numbered as they are met. */
class OwnTarClasses implements TarClasses {
  readonly of = 'the data';
  readonly names: string[] = [];
  readonly #labels = new Map<string, number>();

  given(text: string): number | undefined {
    return text.trim() === '' ? undefined : this.#labelOf(GIVEN + text.trim());
  }

  named(image: string, _shard: string, isGiven: boolean): { source: string; label: number }[] {
    const folder = dirname(image);
    if (isGiven || folder === '.' || folder === '/') return [];
    return [
      { source: `the folder ${folder}`, label: this.#labelOf(FOLDER + folder.replace(/^(\.?\/)+/, '')) },
    ];
  }

  expected(stem: string): string {
    return `a class: in ${stem}.cls, as label in ${stem}.json, or a folder in the archive`;
  }

  #labelOf(name: string): number {
    const known = this.#labels.get(name);
    if (known !== undefined) return known;
    this.#labels.set(name, this.names.length);
    return this.names.push(name) - 1;
  }
}

/** Splits of images in shards, and how their classes are ordered. */
interface SplitShards {
  readonly name: string;
  readonly directory: string;
  readonly train?: OwnShards | undefined;
  readonly test?: OwnShards | undefined;
  readonly classNames?: readonly string[] | undefined;
}

/**
 * Gives the images of shards labels: by the list of names that the files have, or in the order of numbers or of code points. Of
 * classes by folders, those above that all images share do not count.
 *
 * @returns each split, whose class names are those of its own images if neither `classNames` nor the files order them
 * @throws DataError if some classes come from files and others from folders
 */
export function labelledShards({ name, directory, train, test, classNames }: SplitShards): {
  train: ImageFiles | undefined;
  test: ImageFiles | undefined;
} {
  const splits = [train, test].flatMap((split) => split ?? []);
  const all = splits.flatMap(({ shards }) => shards.flatMap(({ classes }) => classes));
  const [given, byFolder] = (['given', 'folder'] as const).map((source) =>
    all.find((each) => each.source === source),
  );
  if (given && byFolder) {
    throw new DataError({
      file: directory,
      expected: 'classes of all images from files, or of all from their folders',
      got: `${quotedNames([given.text])} from a file and ${quotedNames([byFolder.text])} from a folder`,
      remedy: 'Write the archives with KEY.cls for every image, or for none.',
    });
  }
  const shared = byFolder ? sharedDepth(all.map(({ text }) => text)) : 0;
  const nameOf = ({ source, text }: ShardClass): string =>
    source === 'given' ? text : (text.split('/')[shared] ?? text);
  const order = classNames ?? splits.map((split) => split.order).find((names) => names !== undefined);
  const labelled = (split: OwnShards, which: 'train' | 'test'): ImageFiles => {
    const own = [...new Set(split.shards.flatMap(({ classes }) => classes.map(nameOf)))];
    const unknown = order ? own.filter((each) => !order.includes(each)) : [];
    if (unknown.length > 0) {
      throw new DataError({
        file: directory,
        expected: `classes among ${quotedNames(order ?? [])}`,
        got: `${quotedNames(unknown)} too`,
        remedy: 'Write the same names, or leave these images out.',
      });
    }
    const names = order ?? sorted(own);
    const shards = split.shards.map((shard) => {
      const labels = shard.classes.map((each) => names.indexOf(nameOf(each)));
      return { ...shard, labels: Int32Array.from(shard.labels, (label) => labels[label] as number) };
    });
    const { passedOver, remarks } = split.found;
    return shardFiles(
      { name, classNames: names, categoryNames: ['everything'], categoryOfClass: () => 0 },
      { split: which, layout: split.layout, shards, passed: { passedOver, remarks } },
    );
  };
  return { train: train && labelled(train, 'train'), test: test && labelled(test, 'test') };
}

/** Whole numbers by their size, other names by code points. */
function sorted(names: readonly string[]): string[] {
  const areNumbers = names.every((name) => /^\d{1,15}$/.test(name));
  return [...names].sort(areNumbers ? (a, b) => Number(a) - Number(b) || byCodePoints(a, b) : byCodePoints);
}

/** How many folders at the start all paths share, below which each has at least one more. */
function sharedDepth(paths: readonly string[]): number {
  const parts = paths.map((path) => path.split('/'));
  let depth = 0;
  while (parts.every((each) => each.length > depth + 1 && each[depth] === parts[0]?.[depth])) depth++;
  return depth;
}
