import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from '../data-error.js';
import { PassedOverFiles } from '../found/passed-over-files.js';
import { pathOf, systemPath } from '../system-path.js';
import { isHiddenName, isImageName } from './image-names.js';
import { systemReason, kindOfFile } from '@dmnn/foundation/node';

/** The entries of a folder, by kind, each sorted by name. */
export interface FolderEntries {
  /** Images, and links to them. */
  readonly images: readonly string[];
  /** Files of other formats. */
  readonly others: readonly string[];
  readonly folders: readonly string[];
  /** Links to folders. */
  readonly folderLinks: readonly string[];
  /** Entries named as images that are no files: links to nothing, pipes, devices. */
  readonly notFiles: readonly NotFile[];
  /** Hidden files and folders, links to nothing, pipes and devices that are not named as images. */
  readonly passedOver: PassedOverFiles;
}

/** An entry named as an image that is something else. */
interface NotFile {
  readonly name: string;
  /** `a pipe`, `a link to nothing` */
  readonly kind: string;
}

/**
 * Lists a folder, each entry once on every version of Node; links to folders are not followed.
 *
 * @param directory - the folder
 * @param within - its path in the data set, for examples of what is passed over; empty for the data set's own folder
 * @param remedy - what to do if it cannot be read
 * @throws DataError if it cannot be read
 */
export async function entriesOf(directory: string, within: string, remedy: string): Promise<FolderEntries> {
  const lists = { images: [], others: [], folders: [], folderLinks: [] } as Record<ListedKind, string[]>;
  const notFiles: NotFile[] = [];
  const passedOver = new PassedOverFiles();
  const entries = await directoryEntries(directory, remedy);
  for (const { entry, name } of entries.sort((a, b) => byCodeUnits(a.name, b.name))) {
    const example = within === '' ? name : `${within}/${name}`;
    if (isHiddenName(name)) {
      passedOver.add({ reason: 'hidden', unit: entry.isDirectory() ? 'folder' : 'file', example });
      continue;
    }
    const kind = await kindOfEntry(join(directory, name), entry);
    if (isListed(kind)) lists[kind].push(name);
    else if (isImageName(name)) notFiles.push({ name, kind });
    else passedOver.add({ reason: kind.replace(/^a /, ''), unit: 'file', example });
  }
  return { ...lists, notFiles, passedOver };
}

/** By code units: the same order on every machine, whatever its locale. */
export function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** By code points, as Python sorts texts: other than by code units where a name has characters beyond U+FFFF. */
export function byCodePoints(a: string, b: string): number {
  const [left, right] = [Array.from(a, codePointOf), Array.from(b, codePointOf)];
  for (let i = 0; i < left.length && i < right.length; i++) {
    const difference = (left[i] as number) - (right[i] as number);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

function codePointOf(character: string): number {
  return character.codePointAt(0) as number;
}

type ListedKind = 'images' | 'others' | 'folders' | 'folderLinks';

function isListed(kind: string): kind is ListedKind {
  return ['images', 'others', 'folders', 'folderLinks'].includes(kind);
}

async function kindOfEntry(path: string, entry: Dirent<Buffer>): Promise<string> {
  const fileKind = isImageName(path) ? 'images' : 'others';
  if (entry.isFile()) return fileKind;
  if (entry.isDirectory()) return 'folders';
  if (!entry.isSymbolicLink()) return kindOfFile(entry);
  const target = await stat(systemPath(path)).catch(() => undefined);
  if (!target) return 'a link to nothing';
  if (target.isFile()) return fileKind;
  return target.isDirectory() ? 'folderLinks' : `a link to ${kindOfFile(target)}`;
}

async function directoryEntries(
  directory: string,
  remedy: string,
): Promise<{ readonly entry: Dirent<Buffer>; readonly name: string }[]> {
  try {
    // not `recursive`: in Node 26 it follows links to folders, in older versions it does not
    const entries = await readdir(systemPath(directory), { withFileTypes: true, encoding: 'buffer' });
    return entries.map((entry) => ({ entry, name: pathOf(entry.name) }));
  } catch (cause) {
    const got = systemReason(cause);
    throw new DataError({ file: directory, expected: 'a readable folder', got, remedy }, { cause });
  }
}
