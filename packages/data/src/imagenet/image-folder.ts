import { basename, join } from 'node:path';
import { DataError } from '../data-error.js';
import { type ClassFolders, classFoldersIn } from '../folders/class-folders.js';
import { passedOverText } from '../found/found-text.js';
import { contentsOf } from '../places/file-contents.js';
import { shownPath } from '../system-path.js';
import { imagenetNormalisation } from '../decoding/fill-image.js';
import { OFFICIAL_VALIDATION, isOfficialValidation } from './official-validation.js';
import { imagenetNames, imagenetWnids } from './imagenet-labels.js';
import type { ImageFiles } from '../image-files.js';

/** Names and categories of the images, in addition to those of their folders. */
export interface ImageFolderOptions {
  /** Name for logs and run folders. Default: the folder's. */
  readonly name?: string | undefined;
  /** Names of the class folders in the order of their labels. Default: the existing folders, sorted. */
  readonly folders?: readonly string[] | undefined;
  /** `[class]`: readable names. Default: the folders' names. */
  readonly classNames?: readonly string[] | undefined;
  /** `[category]`. Default: one category, `everything`. */
  readonly categoryNames?: readonly string[] | undefined;
  /** `[category]`: its group, such as one of the four in the paper's Fig. 7. Default: no groups. */
  readonly categoryGroups?: readonly (string | null)[] | undefined;
  /** Category of a class. Default: 0. */
  readonly categoryOfClass?: ((label: number) => number) | undefined;
}

const REMEDY = 'Pass a folder that contains one folder of images per class.';

/**
 * Opens images in one folder per class, like torchvision's `ImageFolder`: classes and files are sorted by name, folders
 * within the class folders belong to the class, links are followed. Hidden files, files of other formats and images
 * outside of the class folders are skipped and counted in `found`. Only names are read at this point.
 *
 * A folder to which several links lead is read once.
 *
 * @param directory - the folder with the class folders.
 * @throws DataError (`DMNN_DATA`) if it cannot be read, has no images, contains a folder that is not in `folders`, or,
 * without `folders`, one without images; if links put a folder into two classes; if something named as an image is a
 * pipe, a device or a link to nothing.
 */
export async function openImageFolder(
  directory: string,
  split: 'train' | 'test',
  options: ImageFolderOptions = {},
): Promise<ImageFiles> {
  const classFolders = await classFoldersIn(directory, REMEDY);
  const found = classFolders.folders;
  const folders = options.folders ?? found.map(({ name }) => name);
  const labelOf = new Map(folders.map((folder, label) => [folder, label]));
  const files: string[] = [];
  const labels: number[] = [];
  for (const { name, images } of found) {
    const label = labelOf.get(name);
    if (label === undefined) {
      throw new DataError({
        file: join(directory, name),
        expected: `a folder named as one of ${folders.length} classes, such as ${folders[0] ?? 'none'}`,
        got: name,
        remedy: 'Remove it, or pass the folder that contains the class folders.',
      });
    }
    for (const image of images) {
      files.push(join(directory, image));
      labels.push(label);
    }
  }
  if (files.length === 0) throw noImages(directory, classFolders);
  const empty = options.folders ? undefined : found.find(({ images }) => images.length === 0);
  if (empty) {
    throw new DataError({
      file: join(directory, empty.name),
      expected: 'images, since each folder is a class',
      got: `none${passedOverText(classFolders.passedOver)}`,
      remedy: 'Remove the folder, or put the images of the class into it.',
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
    classNames: options.classNames ?? folders.map(shownPath),
    categoryNames,
    categoryGroups: options.categoryGroups,
    ...imagenetNormalisation,
    found: { classes: new Set(labels).size, passedOver: classFolders.passedOver, remarks: [] },
    label,
    category: (index) => category(label(index)),
    file: (index) => shownPath(file(index)),
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

function noImages(file: string, { flat, passedOver }: ClassFolders): DataError {
  const expected = 'images in class folders';
  const remedy =
    flat.length === 0
      ? REMEDY
      : isOfficialValidation(flat)
        ? OFFICIAL_VALIDATION
        : 'Put the images of each class into a folder of its own: the folder names the class.';
  return new DataError({ file, expected, got: `none${passedOverText(passedOver)}`, remedy });
}
