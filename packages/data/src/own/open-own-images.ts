import { basename, resolve } from 'node:path';
import { closestName, printable } from '@dmnn/foundation';
import { DataError } from '../data-error.js';
import type { ImageFiles } from '../image-files.js';
import { openImageFolder } from '../imagenet/image-folder.js';
import { openOwnShards } from './open-own-shards.js';
import { quotedNames } from './quoted-names.js';
import { isSplitName, splitFoldersIn } from './split-folders.js';

/** How {@link openOwnImages} opens images. */
export interface OwnImagesOptions {
  /**
   * Names of the classes in the order of their labels, such as those of a trained network: images may lack some of them
   * and have no others. Default: those that the images have, sorted by code points.
   */
  readonly classNames?: readonly string[] | undefined;
  /** Opens the test images only; the training images need not be there. Default false. */
  readonly testOnly?: boolean | undefined;
}

/** Images of one's own, by split. */
export interface OwnImages {
  /** The training images; of images without splits all. Undefined if only test images were asked for. */
  readonly train: ImageFiles | undefined;
  /** The test images; undefined for images without splits. */
  readonly test: ImageFiles | undefined;
}

/**
 * Opens images of any classes: one folder per class, as for torchvision's `ImageFolder`, in folders `train` and `val`
 * (or `valid`, `validation`, `test`; in upper or lower case), or without splits. Folders within class folders belong to
 * the class; classes are in the order of the code points of their names, as in torchvision. Tar archives and parquet files in
 * these folders, or named after their splits, are read as well: their classes are what `KEY.cls`, `label` in `KEY.json`, the
 * folder in the archive or the column `label` says, in the order of the names in the files' metadata, of numbers, or of code
 * points. Only names and labels are read at this point; what is passed over is counted in `found`.
 *
 * @param directory - the folder
 * @returns both splits; of images without splits, all as `train`, from which `stratifiedHoldOut` takes some for testing
 * @throws DataError (`DMNN_DATA`) if it cannot be read; if there are no images, or images of one class only; if a class has
 * images in one split only, by name; if there is a class that `classNames` lacks
 * @example
 * ```ts
 * import { DataError, openOwnImages } from '@dmnn/data';
 *
 * try {
 *   const { train } = await openOwnImages('/data/flowers');
 *   console.log(train?.classNames);
 * } catch (error) {
 *   console.log(error instanceof DataError && error.file); // => /data/flowers
 * }
 * ```
 */
export async function openOwnImages(
  directory: string,
  { classNames, testOnly = false }: OwnImagesOptions = {},
): Promise<OwnImages> {
  const found = await splitFoldersIn(directory);
  const name = `folder=${basename(resolve(directory))}`;
  const inShards = await openOwnShards(directory, found, { name, classNames, testOnly });
  if (inShards) return checkedShards(directory, inShards, classNames);
  const open = (folder: string, split: 'train' | 'test'): Promise<ImageFiles> =>
    openSplit(folder, split, { name, classNames });
  if (found.train === undefined && found.test === undefined) {
    const all = await open(directory, 'train');
    assertClasses(directory, all);
    return { train: all, test: undefined };
  }
  const remarks = [...found.otherTests].map(
    (other) => `${printable(other)} is not read: ${basename(found.test as string)} has the test images.`,
  );
  const test = found.test === undefined ? undefined : remarked(await open(found.test, 'test'), remarks);
  if (testOnly && test) return { train: undefined, test };
  if (found.train === undefined) {
    throw new DataError({
      file: directory,
      expected: 'a folder train, since there is one of test images',
      got: quotedNames(found.names),
      remedy: 'Pass the folder that contains both, or a folder with one folder per class and no splits.',
    });
  }
  const train = await open(found.train, 'train');
  if (!classNames && test) assertSameClasses(directory, train, test);
  assertClasses(found.train, train);
  return { train, test };
}

function checkedShards(
  directory: string,
  { train, test }: OwnImages,
  classNames: readonly string[] | undefined,
): OwnImages {
  if (train && test && !classNames) assertSameClasses(directory, train, test);
  if (train) assertClasses(directory, train);
  return { train, test };
}

async function openSplit(
  folder: string,
  split: 'train' | 'test',
  { name, classNames }: { readonly name: string; readonly classNames: readonly string[] | undefined },
): Promise<ImageFiles> {
  // names of its own first: a class that the list lacks is then said with the nearest of the list
  const own = await openImageFolder(folder, split, { name });
  if (!classNames) return own;
  const unknown = own.classNames.filter((each) => !classNames.includes(each));
  const [first] = unknown;
  if (first !== undefined) {
    const near = closestName(first, classNames);
    throw new DataError({
      file: folder,
      expected: `classes of the network, which knows ${quotedNames(classNames)}`,
      got: `${quotedNames(unknown)} too`,
      remedy: `${near === undefined ? '' : `Did you mean ${quotedNames([near])}? `}Rename the folders, or remove those of other classes.`,
    });
  }
  return openImageFolder(folder, split, { name, folders: classNames, classNames });
}

function remarked(files: ImageFiles, remarks: readonly string[]): ImageFiles {
  const { classes = files.classes, passedOver = [], remarks: own = [] } = files.found ?? {};
  return { ...files, found: { classes, passedOver, remarks: [...own, ...remarks] } };
}

/** One class needs no network, and classes named as splits are no classes. */
function assertClasses(folder: string, { classNames, found }: ImageFiles): void {
  if (classNames.length > 1 && classNames.every(isSplitName)) {
    throw new DataError({
      file: folder,
      expected: 'folders of classes',
      got: `folders named as splits: ${quotedNames(classNames)}`,
      remedy: 'Put the images of each class into a folder of its own within them.',
    });
  }
  if (classNames.length > 1 || (found?.classes ?? 0) > 1) return;
  throw new DataError({
    file: folder,
    expected: 'images of at least two classes, one folder each',
    got: `images of ${quotedNames(classNames)} alone`,
    remedy: 'Add images of other classes: there is nothing to tell apart.',
  });
}

function assertSameClasses(directory: string, train: ImageFiles, test: ImageFiles): void {
  const [trained, tested] = [presentClasses(train), presentClasses(test)];
  const inTrain = [...trained].filter((name) => !tested.has(name));
  const inTest = [...tested].filter((name) => !trained.has(name));
  if (inTrain.length === 0 && inTest.length === 0) return;
  const got = [
    ...(inTrain.length > 0 ? [`${quotedNames(inTrain)} only among the training images`] : []),
    ...(inTest.length > 0 ? [`${quotedNames(inTest)} only among the test images`] : []),
  ];
  // macOS and others write é as one character or as two
  const composed = (names: readonly string[]) => names.map((name) => name.normalize('NFC').toLowerCase());
  const alike = composed(inTrain).some((name) => composed(inTest).includes(name));
  throw new DataError({
    file: directory,
    expected: 'the same classes in both splits',
    got: got.join(', and '),
    remedy: alike
      ? 'Give them the same name: they differ in upper and lower case, or in how accents are encoded.'
      : 'Put images of each class into both, or leave the class out of both.',
  });
}

/** Names of the classes that have images. */
function presentClasses(files: ImageFiles): ReadonlySet<string> {
  const present = new Set<string>();
  for (let index = 0; index < files.size; index++) present.add(files.classNames[files.label(index)] ?? '');
  return present;
}
