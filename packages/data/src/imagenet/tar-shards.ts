import { type FileHandle, open } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { printable, closeAfter } from '@dmnn/foundation';
import { DataError } from '../data-error.js';
import { isHiddenName, isImageName } from '../folders/image-names.js';
import { passedOverText } from '../found/found-text.js';
import { innerArchives } from '../found/inner-archives.js';
import { PassedOverFiles } from '../found/passed-over-files.js';
import type { ImageFiles } from '../image-files.js';
import { assertPlainFile } from '../places/file-contents.js';
import { shownPath, systemPath } from '../system-path.js';
import { TarFiles } from '../tar/tar-files.js';
import { type TarMember, tarMembers } from '../tar/tar-members.js';
import type { FoundImages } from '../found-images.js';
import type { ImageShard } from '../shards/shard-files.js';
import { imagenetFiles } from './imagenet-labels.js';
import { type ShardIndex, readIndexes, tarIndexName, writeIndexes } from './tar-index.js';
import { type TarClasses, TarLabels, imagenetTarClasses } from './tar-labels.js';
import { TarSamples } from './tar-samples.js';
import { systemReason } from '@dmnn/foundation/node';

/**
 * Opens ImageNet in tar archives: WebDataset shards, in which `KEY.jpg` comes with `KEY.cls` (a class number or a wnid) or
 * `KEY.json` (`label`), or one archive per class with files named `WNID_NUMBER.JPEG`. Nothing is unpacked. Links are
 * followed within an archive. Members that are no images are counted in `found`.
 *
 * The offsets of the images are stored in `.dmnn-index-SPLIT.json` next to the archives, if it can be written, and
 * determined again for archives that have changed or if the file is damaged.
 *
 * @param shards - paths of the archives; images keep their order.
 * @throws DataError if there are no images; if an archive is damaged or compressed, or an image is a sparse member or a link
 * to nothing, has no class or two, shares its class or its key with another of its sample, or its name with another member.
 * @see https://github.com/webdataset/webdataset
 */
export async function openTarShards(shards: readonly string[], split: 'train' | 'test'): Promise<ImageFiles> {
  const { indexes, passedOver, remarks } = await indexedArchives(
    shards,
    split,
    'imagenet',
    imagenetTarClasses,
  );
  const opened = indexes.map((index, shard) => openedShard(shards[shard] as string, index));
  return imagenetFiles(split, 'tar-shards', opened, { passedOver, remarks });
}

/** What archives hold. */
export interface IndexedArchives extends Omit<FoundImages, 'classes'> {
  readonly indexes: readonly ShardIndex[];
}

/**
 * Finds the images of archives and what gives their classes, by the stored index or by reading them.
 *
 * @param classesOf - makes the classes of an archive
 * @throws DataError, as {@link openTarShards}
 */
export async function indexedArchives(
  shards: readonly string[],
  split: 'train' | 'test',
  whose: 'imagenet' | 'own',
  classesOf: () => TarClasses & { readonly names?: readonly string[] },
): Promise<IndexedArchives> {
  const indexFile = join(dirname(shards[0] as string), tarIndexName(split, whose));
  const { shards: stored, problem } = await readIndexes(indexFile);
  const indexes: ShardIndex[] = [];
  const changed: string[] = [];
  for (const path of shards) {
    const { size, mtimeMs } = await assertPlainFile(path, 'a readable tar archive');
    const kept = stored.get(basename(path));
    const current = kept?.bytes === size && kept.modifiedMs === mtimeMs ? kept : undefined;
    if (!current) changed.push(basename(path));
    indexes.push(current ?? (await indexOf(path, size, mtimeMs, classesOf())));
  }
  if (indexes.every(({ paths }) => paths.length === 0)) throw noImages(shards, indexes, split);
  const remarks = indexes.flatMap((index) => index.remarks);
  const empty = indexes.filter(({ paths }) => paths.length === 0);
  if (empty[0]) {
    remarks.push(`${empty.length} of ${shards.length} archives have no images: ${empty[0].name}${empty.length > 1 ? ', …' : ''}.`); // prettier-ignore
  }
  const names = new Set(shards.map((path) => basename(path)));
  const gone = [...stored.keys()].filter((name) => !names.has(name));
  if (gone.length > 0) {
    const are =
      gone.length === 1
        ? '1 archive that was there before is'
        : `${gone.length} archives that were there before are`;
    remarks.push(
      `${are} not there any more: ${gone.slice(0, 5).map(shownPath).join(', ')}${gone.length > 5 ? ', …' : ''}.`,
    );
  }
  if (changed.length > 0 || gone.length > 0) {
    const why =
      problem ?? (stored.size === 0 || changed.length === 0 ? undefined : changedText(changed, stored));
    if (why !== undefined) remarks.push(`${indexFile} is written again, since ${why}.`);
    const failure = await writeIndexes(indexFile, indexes);
    if (failure !== undefined) remarks.push(`The archives are scanned at each start: ${failure}`);
  }
  const passedOver = new PassedOverFiles();
  for (const index of indexes) passedOver.addAll(index.passedOver);
  return { indexes, passedOver: passedOver.list(), remarks };
}

function changedText(changed: readonly string[], stored: ReadonlyMap<string, ShardIndex>): string {
  const [first = ''] = changed;
  const others = changed.length > 1 ? ` and ${changed.length - 1} more` : '';
  return stored.has(first)
    ? `size or date of ${first}${others} differ from it`
    : `${first}${others} ${others ? 'are' : 'is'} not in it`;
}

/** The images of an archive. */
export function openedShard(path: string, { paths, offsets, lengths, labels }: ShardIndex): ImageShard {
  return {
    size: paths.length,
    labels,
    image: (i) => ({
      place: { kind: 'range', path, offset: offsets[i] as number, length: lengths[i] as number },
      file: `${shownPath(path)}/${paths[i] as string}`,
    }),
  };
}

async function indexOf(
  path: string,
  bytes: number,
  modifiedMs: number,
  known: TarClasses & { readonly names?: readonly string[] },
): Promise<ShardIndex> {
  return withArchive(path, async (archive) => {
    const { members, ended } = await tarMembers(archive, path);
    const files = new TarFiles(members);
    const labels = new TarLabels(archive, path, files, known);
    const paths: string[] = [];
    const [offsets, lengths, classes]: [number[], number[], number[]] = [[], [], []];
    const others: TarMember[] = [];
    const samples = new TarSamples();
    const passed = new PassedOverFiles();
    for (const each of members) {
      const { path: member, kind } = each;
      if (kind === 'folder') continue;
      if (member.split('/').some(isHiddenName))
        passed.add({ reason: 'hidden', unit: 'member', example: member });
      else if (!isImageName(member)) others.push(each);
      else {
        const found = files.find(member);
        if (typeof found === 'string') throw noContent(`${path}/${printable(member)}`, printable(found));
        classes.push(await labels.of(member));
        const other = samples.take(member, labels.filesOf(member).length > 0);
        if (other !== undefined) throw secondImage(`${path}/${printable(member)}`, `${other} and ${member}`);
        paths.push(member);
        offsets.push(found.offset);
        lengths.push(found.length);
      }
    }
    for (const { path: other, kind } of others.filter((each) => !labels.used.has(each.path))) {
      const link = files.linkToNoFile(other);
      if (link !== undefined) {
        passed.add({ reason: link, unit: 'member', example: other });
      } else if (kind === 'other') {
        passed.add({ reason: 'device or another special file', unit: 'member', example: other });
      } else if (/^\.(cls|json)$/i.test(extname(other))) {
        passed.add({
          reason: 'class without an image',
          unit: 'member',
          extension: extname(other),
          example: other,
        });
      } else passed.notRead(other, 'member');
    }
    const remarks = samples.remarks(path);
    if (!ended) {
      remarks.push(`${path} may be truncated: it lacks the block of zeros that ends a tar archive.`);
    }
    const passedOver = passed.list();
    return {
      name: basename(path),
      bytes,
      modifiedMs,
      paths,
      offsets,
      lengths,
      labels: classes,
      classNames: known.names,
      passedOver,
      remarks,
    };
  });
}

function secondImage(file: string, got: string): DataError {
  const remedy = 'Leave one of the two out, or give them names that differ in more than their extensions.';
  return new DataError({ file, expected: 'one image in each sample', got: printable(got, 600), remedy });
}

function noContent(file: string, got: string): DataError {
  const remedy = got.includes('sparse')
    ? 'Unpack the archive and pack it again without the option --sparse.'
    : 'Correct the archive: it must hold each image once.';
  return new DataError({ file, expected: 'an image', got, remedy });
}

function noImages(
  shards: readonly string[],
  indexes: readonly ShardIndex[],
  split: 'train' | 'test',
): DataError {
  const name = split === 'train' ? 'train' : 'val';
  const passedOver = new PassedOverFiles();
  for (const index of indexes) passedOver.addAll(index.passedOver);
  for (const [i, { passedOver: inIt }] of indexes.entries()) {
    const file = shards[i] as string;
    const folder = dirname(file);
    const target = basename(folder) === name ? folder : join(folder, name);
    const inner = innerArchives(inIt, file, target);
    if (inner) return new DataError({ file, expected: 'images in a tar archive', ...inner });
  }
  return new DataError({
    file: shards.length === 1 ? (shards[0] as string) : dirname(shards[0] as string),
    expected: 'images in tar archives',
    got: `none${passedOverText(passedOver.list())}`,
    remedy: 'Pass archives of JPEG, PNG, WebP, GIF, TIFF or AVIF images.',
  });
}

/** Opens an archive, passes it to `use` and closes it. @throws DataError if it cannot be read; errors of `use` */
async function withArchive<Result>(
  path: string,
  use: (archive: FileHandle) => Promise<Result>,
): Promise<Result> {
  try {
    const archive = await open(systemPath(path), 'r');
    return await closeAfter(
      () => use(archive),
      () => archive.close(),
    );
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    const got = systemReason(cause);
    const remedy = 'Check the file and its permissions, or download it again.';
    throw new DataError({ file: path, expected: 'a readable tar archive', got, remedy }, { cause });
  }
}
