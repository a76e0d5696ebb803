import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DataError } from '../data-error.js';
import { type ImageShard, imagenetFiles, imagenetWnids } from './imagenet-labels.js';
import type { ImageFiles } from '../image-files.js';
import { contents, tarEntries, withArchive } from './tar-index.js';

/** The stored index of a shard, so that it is scanned only once. */
interface ShardIndex {
  readonly name: string;
  readonly bytes: number;
  readonly modifiedMs: number;
  /** `[image]`, like the other arrays. */
  readonly paths: readonly string[];
  readonly offsets: readonly number[];
  readonly lengths: readonly number[];
  readonly labels: readonly number[];
}

const images = ['jpg', 'jpeg', 'png', 'webp'];

/**
 * Opens ImageNet in tar archives: WebDataset shards, in which `KEY.jpg` comes with `KEY.cls` (a class number) or
 * `KEY.json` (`label`), or one archive per class with files named `WNID_NUMBER.JPEG`. Nothing is unpacked.
 *
 * The offsets of the images are stored in `.dmnn-index-SPLIT.json` next to the archives, if it can be written, and
 * determined again for archives that have changed.
 *
 * @param shards - paths of the archives; images keep their order.
 * @throws DataError if an archive is damaged, or an image has no class.
 * @see https://github.com/webdataset/webdataset
 */
export async function openTarShards(shards: readonly string[], split: 'train' | 'test'): Promise<ImageFiles> {
  const indexFile = join(dirname(shards[0] as string), `.dmnn-index-${split}.json`);
  const known = await readIndex(indexFile);
  const indexes: ShardIndex[] = [];
  let changed = false;
  for (const path of shards) {
    const { size, mtimeMs } = await stat(path);
    const kept = known.get(basename(path));
    const current = kept?.bytes === size && kept.modifiedMs === mtimeMs ? kept : undefined;
    changed ||= !current;
    indexes.push(current ?? (await indexOf(path, size, mtimeMs)));
  }
  if (changed) await writeIndex(indexFile, indexes);
  const opened = indexes.map((index, shard) => openedShard(shards[shard] as string, index));
  return imagenetFiles(split, 'tar-shards', opened);
}

function openedShard(path: string, { paths, offsets, lengths, labels }: ShardIndex): ImageShard {
  return {
    size: paths.length,
    image: (i) => ({
      place: { kind: 'range', path, offset: offsets[i] as number, length: lengths[i] as number },
      file: `${path}/${paths[i] as string}`,
      label: labels[i] as number,
    }),
  };
}

async function indexOf(path: string, bytes: number, modifiedMs: number): Promise<ShardIndex> {
  return withArchive(path, async (archive) => {
    const entries = await tarEntries(archive, path);
    const byPath = new Map(entries.map((entry) => [entry.path, entry]));
    const imageEntries = entries.filter((entry) => images.includes(parts(entry.path).extension));
    const labels: number[] = [];
    for (const { path: entry } of imageEntries) {
      const { key } = parts(entry);
      const [number, json] = [byPath.get(`${key}.cls`), byPath.get(`${key}.json`)];
      const text = async (from: typeof number): Promise<string | undefined> =>
        from && (await contents(archive, from.offset, from.length)).toString();
      labels.push(labelOf({ shard: path, entry, key }, await text(number), await text(json)));
    }
    return {
      name: basename(path),
      bytes,
      modifiedMs,
      paths: imageEntries.map((entry) => entry.path),
      offsets: imageEntries.map(({ offset }) => offset),
      lengths: imageEntries.map(({ length }) => length),
      labels,
    };
  });
}

/** As in WebDataset, the key ends at the first dot of the file name. */
function parts(path: string): { readonly key: string; readonly extension: string } {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const point = name.indexOf('.');
  if (point < 0) return { key: path, extension: '' };
  const key = path.slice(0, path.length - name.length + point);
  return { key, extension: name.slice(point + 1).toLowerCase() };
}

let classes: Map<string, number> | undefined;

function labelOf(
  at: { readonly shard: string; readonly entry: string; readonly key: string },
  number: string | undefined,
  json: string | undefined,
): number {
  classes ??= new Map(imagenetWnids().map((wnid, label) => [wnid, label]));
  const wnid = /^n\d{8}/.exec(basename(at.key))?.[0] ?? basename(at.shard, '.tar');
  const given = number?.trim() ?? labelInJson(json);
  const label = given === undefined ? classes.get(wnid) : (classes.get(given) ?? wholeNumber(given));
  if (label !== undefined && label < classes.size) return label;
  throw new DataError({
    file: `${at.shard}/${at.entry}`,
    expected: `a class of ImageNet: a number from 0 to ${classes.size - 1} in ${basename(at.key)}.cls or as label in ${basename(at.key)}.json, or a name that begins with a wnid`,
    got: given === undefined ? 'none' : JSON.stringify(given),
    remedy: 'Write the shards with classes, or use the class folders.',
  });
}

function labelInJson(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  try {
    const { label } = JSON.parse(text) as { readonly label?: unknown };
    return typeof label === 'number' || typeof label === 'string' ? String(label) : undefined;
  } catch {
    return text; // not a number either: the error message shows it
  }
}

function wholeNumber(text: string): number | undefined {
  return /^\d{1,4}$/.test(text) ? Number(text) : undefined;
}

async function readIndex(file: string): Promise<Map<string, ShardIndex>> {
  try {
    const { format, shards } = JSON.parse(await readFile(file, 'utf8')) as {
      readonly format?: unknown;
      readonly shards?: readonly ShardIndex[];
    };
    return new Map(format === 1 ? shards?.map((shard) => [shard.name, shard]) : []);
  } catch {
    return new Map(); // it is missing or incomplete: make it again
  }
}

async function writeIndex(file: string, shards: readonly ShardIndex[]): Promise<void> {
  try {
    await writeFile(`${file}.${process.pid}`, JSON.stringify({ format: 1, shards }));
    await rename(`${file}.${process.pid}`, file);
  } catch {
    // the data are read-only: the archives are scanned again next time
  }
}
