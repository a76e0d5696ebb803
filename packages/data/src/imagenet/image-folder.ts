import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { DataError } from '../data-error.js';
import { contentsOf } from '../places/file-contents.js';
import { imagenetNormalisation } from '../decoding/fill-image.js';
import { imagenetNames, imagenetWnids } from './imagenet-labels.js';
import type { ImageFiles } from '../image-files.js';
import { isImageName } from '../decoding/list-image-files.js';

/** Names and categories of the images, in addition to those of their folders. */
export interface ImageFolderOptions {
  /** Name for logs and run folders. Default: the folder's. */
  readonly name?: string;
  /** Names of the class folders in the order of their labels. Default: the existing folders, sorted. */
  readonly folders?: readonly string[];
  /** `[class]`: readable names. Default: the folders' names. */
  readonly classNames?: readonly string[];
  /** `[category]`. Default: one category, `everything`. */
  readonly categoryNames?: readonly string[];
  /** `[category]`: its group, such as one of the four in the paper's Fig. 7. Default: no groups. */
  readonly categoryGroups?: readonly (string | null)[];
  /** Category of a class. Default: 0. */
  readonly categoryOfClass?: (label: number) => number;
}

const REMEDY = 'Pass a folder that contains one folder of images per class.';

/**
 * Opens images in one folder per class, like torchvision's `ImageFolder`: classes and files are sorted by name, links
 * are followed, other files are skipped. Only names are read at this point.
 *
 * @param directory - the folder with the class folders.
 * @throws DataError (`DMNN_DATA`) if it cannot be read, has no images, or contains a folder that is not in `folders`.
 */
export async function openImageFolder(
  directory: string,
  split: 'train' | 'test',
  options: ImageFolderOptions = {},
): Promise<ImageFiles> {
  const found = await foldersIn(directory);
  const folders = options.folders ?? found;
  const labelOf = new Map(folders.map((folder, label) => [folder, label]));
  const files: string[] = [];
  const labels: number[] = [];
  for (const folder of found) {
    const label = labelOf.get(folder);
    if (label === undefined) {
      throw new DataError({
        file: join(directory, folder),
        expected: `a folder named as one of ${folders.length} classes, such as ${folders[0] ?? 'none'}`,
        got: folder,
        remedy: 'Remove it, or pass the folder that contains the class folders.',
      });
    }
    const names = (await entriesOf(join(directory, folder)))
      .filter((entry) => (entry.isFile() || entry.isSymbolicLink()) && isImageName(entry.name))
      .map(({ name }) => name);
    for (const name of sorted(names)) {
      files.push(join(directory, folder, name));
      labels.push(label);
    }
  }
  if (files.length === 0) {
    throw new DataError({
      file: directory,
      expected: 'images in class folders',
      got: 'none',
      remedy: REMEDY,
    });
  }
  const at = (index: number): number => {
    if (Number.isInteger(index) && index >= 0 && index < files.length) return index;
    throw new RangeError(`index: expected an integer from 0 to ${files.length - 1}, got ${index}`);
  };
  const label = (index: number): number => labels[at(index)] as number;
  const file = (index: number): string => files[at(index)] as string;
  const category = options.categoryOfClass ?? (() => 0);
  const categoryNames = options.categoryNames ?? ['everything'];
  return {
    name: options.name ?? basename(directory),
    split,
    layout: 'class-folders',
    size: files.length,
    classes: folders.length,
    categories: categoryNames.length,
    classNames: options.classNames ?? folders,
    categoryNames,
    categoryGroups: options.categoryGroups,
    ...imagenetNormalisation,
    label,
    category: (index) => category(label(index)),
    file,
    place: (index) => ({ kind: 'file', path: file(index) }),
    read: (index) => contentsOf(file(index)),
  };
}

/**
 * Opens one split of ImageNet (ILSVRC-2012) in class folders named by wnid, `n01440764`; classes and categories are
 * those of `@dmnn/categories`, even if some folders are missing.
 *
 * @throws DataError, as `openImageFolder`.
 */
export function openImagenetFolder(directory: string, split: 'train' | 'test'): Promise<ImageFiles> {
  return openImageFolder(directory, split, { ...imagenetNames(), folders: imagenetWnids() });
}

async function foldersIn(directory: string): Promise<string[]> {
  const entries = await entriesOf(directory);
  const areFolders = await Promise.all(entries.map((entry) => leadsToFolder(directory, entry)));
  return sorted(entries.filter((_, i) => areFolders[i]).map(({ name }) => name));
}

async function leadsToFolder(directory: string, entry: Dirent): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  const found = await stat(join(directory, entry.name)).catch(() => undefined); // a dangling link is skipped
  return found?.isDirectory() ?? false;
}

// by code units: the same on every machine, whatever its locale
function sorted(names: readonly string[]): string[] {
  return [...names].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

async function entriesOf(directory: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(directory, { withFileTypes: true });
  } catch (cause) {
    const got = cause instanceof Error ? cause.message : String(cause);
    throw new DataError({ file: directory, expected: 'a readable folder', got, remedy: REMEDY }, { cause });
  }
}
