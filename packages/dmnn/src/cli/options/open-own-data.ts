import { basename, resolve } from 'node:path';
import type { Dataset, ImageDecoder, ImageFiles, Normalisation } from '@dmnn/data';
import { type DmnnError, printable } from '@dmnn/foundation';
import type { CommandIo } from '../terminal/command-io.js';
import { usageError } from '../terminal/usage-error.js';
import { type HoldOut, heldOutOf, heldOutText } from './hold-out-option.js';
import { type TrainedImages, dividedAgain, imagesDigest } from '../../control/trained-images.js';

/** How images of one's own are opened, in addition to what is read from them. */
export interface OwnDataSettings {
  /** Width and height. Default: chosen from the images. */
  readonly imageSizePx?: number | undefined;
  /** Pixels to which the shorter side is resized. Default: as usual for the size. */
  readonly shorterSidePx?: number | undefined;
  /** Default: measured on the training images. */
  readonly normalisation?: Normalisation | undefined;
  /** Names of the classes in the order of their labels. Default: those of the images, sorted. */
  readonly classNames?: readonly string[] | undefined;
  /** Names in another order of the classes: taken if the images have the same classes. */
  readonly knownClassNames?: readonly string[] | undefined;
  /** How many images without splits are held out. */
  readonly holdOut?: HoldOut | undefined;
  /** How the run that is resumed held out images without splits. */
  readonly heldOut?: { readonly images: number; readonly seed: number } | undefined;
  /** What the run that is evaluated was trained on: which of these images it held out, if they are the same. */
  readonly trained?: TrainedImages | undefined;
  /** The largest size that a size of the images' own may have. */
  readonly largestSizePx?: number | undefined;
}

/** Both splits. */
export interface OwnSplits {
  readonly train: Dataset;
  readonly test: Dataset;
  /** Of images without splits, all. */
  readonly whole?: Dataset | undefined;
}

const FORM = 'folder=';

/** Whether a command line names images of one's own. */
export function isOwnData(spec: string): boolean {
  return spec.startsWith(FORM);
}

/**
 * Opens both splits of images of one's own; of images without splits some are held out as test images. What was found, the
 * size that was chosen and the number of images per class are printed on stderr.
 *
 * @throws DmnnError `DMNN_USAGE` if there are no test images and none are held out
 * @throws DataError as `openOwnImages`, `stratifiedHoldOut` and the measurements of `@dmnn/data`
 */
export async function openOwnData(
  spec: string,
  settings: OwnDataSettings,
  io: Pick<CommandIo, 'err'>,
  decoder: ImageDecoder,
): Promise<OwnSplits> {
  const { foundText, openOwnImages } = await import('@dmnn/data');
  const path = spec.slice(FORM.length);
  const { classNames, knownClassNames = [], holdOut, heldOut, trained } = settings;
  let own = await openOwnImages(path, { classNames });
  const sorted = JSON.stringify([...knownClassNames].sort());
  if (sorted === JSON.stringify([...(own.train?.classNames ?? [])].sort()))
    own = await openOwnImages(path, { classNames: knownClassNames });
  const all = own.train as ImageFiles;
  const noTestImages = (): DmnnError =>
    usageError(
      `--data: expected train/ and val/ (or test/) in ${path}, got images without test images. Hold some out: --hold-out 10%.`,
    );
  if (!own.test && !holdOut && !heldOut && !trained) throw noTestImages();
  for (const files of [all, own.test]) if (files) io.err(foundText(files));
  const open = await opener(all, settings, io, decoder);
  if (own.test) {
    const test = open(own.test);
    await sayIfOthers(test, settings, io);
    return normalised({ train: open(all), test }, settings, io);
  }
  const whole = open(all);
  const again = trained && (await dividedAgain(trained, whole));
  if (holdOut && !again) await sayIfOthers(whole, settings, io);
  if (holdOut ?? heldOut) return normalised(await heldOutSplits(whole, settings, io), settings, io);
  if (again?.test) return normalised({ train: again.train, test: again.test, whole }, settings, io);
  await sayIfOthers(whole, settings, io);
  throw noTestImages();
}

/**
 * Opens the test images of images of one's own: of images without splits those that the network was not trained on, or all if
 * it was trained on others.
 */
export async function openOwnTestData(
  spec: string,
  settings: OwnDataSettings,
  io: Pick<CommandIo, 'err'>,
  decoder: ImageDecoder,
): Promise<Dataset> {
  const { foundText, openOwnImages } = await import('@dmnn/data');
  const { classNames, trained } = settings;
  const own = await openOwnImages(spec.slice(FORM.length), { classNames, testOnly: true });
  const files = (own.test ?? own.train) as ImageFiles;
  io.err(foundText(files));
  const open = await opener(files, settings, io, decoder);
  const all: Dataset = { ...open(files), split: 'test' };
  if (own.test) {
    await sayIfOthers(all, settings, io);
    return (await normalised({ train: all, test: all }, settings, io)).test;
  }
  const again = trained && (await dividedAgain(trained, open(files)));
  if (again?.test) {
    io.err(`${printable(files.name)}: the ${again.test.size} images are evaluated that the run held out`);
    return (await normalised({ train: again.train, test: again.test }, settings, io)).test;
  }
  io.err(`${printable(files.name)}: there are no splits; all ${files.size} images are evaluated`);
  await sayIfOthers(all, settings, io);
  return (await normalised({ train: all, test: all }, settings, io)).test;
}

/** Says of images that are evaluated if the run was trained on them, or may have been. */
async function sayIfOthers(
  images: Dataset,
  { trained }: OwnDataSettings,
  io: Pick<CommandIo, 'err'>,
): Promise<void> {
  if (!trained) return;
  const { withoutHeldOut } = await import('@dmnn/data');
  const digest = await imagesDigest(images);
  const name = printable(images.name);
  // a run that held out images of a training split did not record the test split
  const hasTest = trained.heldOut !== undefined || withoutHeldOut(trained.name).heldOut === undefined;
  if (digest === trained.digests.train) {
    io.err(`${name}: these are the images that the run was trained on`);
  } else if (hasTest && digest !== trained.digests.test && isTrainedOn(trained.name, images.name)) {
    io.err(
      `${name}: the run knows a folder of this name with other test images; if images were added, removed, renamed or moved since, it may have been trained on some of these`,
    );
  }
}

async function opener(
  files: ImageFiles,
  { imageSizePx, shorterSidePx, largestSizePx }: OwnDataSettings,
  io: Pick<CommandIo, 'err'>,
  decoder: ImageDecoder,
): Promise<(files: ImageFiles) => Dataset> {
  const { imageFileDataset, measuredSize } = await import('@dmnn/data');
  let size: { readonly sizePx?: number; readonly shorterSidePx?: number | undefined } = {
    ...(imageSizePx !== undefined && { sizePx: imageSizePx }),
    shorterSidePx,
  };
  if (imageSizePx === undefined) {
    const measured = await measuredSize(files);
    const isTooLarge = largestSizePx !== undefined && measured.sizePx > largestSizePx;
    size = isTooLarge ? { sizePx: largestSizePx } : measured;
    const why = isTooLarge
      ? `, ${measured.because}, and the recipe is for small images`
      : `, ${measured.because}`;
    io.err(`image size ${size.sizePx} pixels${why} (--set imageSizePx=… changes it)`);
  }
  return (each) => imageFileDataset(each, { ...size, decoder, padCropFlip: true });
}

async function heldOutSplits(
  all: Dataset,
  { holdOut, heldOut }: OwnDataSettings,
  io: Pick<CommandIo, 'err'>,
): Promise<OwnSplits> {
  const { stratifiedHoldOut } = await import('@dmnn/data');
  const classes = new Set(Array.from({ length: all.size }, (_, index) => all.label(index))).size;
  const images = holdOut ? heldOutOf(all.size, holdOut, classes) : (heldOut?.images ?? 0);
  if (holdOut && images > heldOutOf(all.size, holdOut))
    io.err(
      `${printable(all.name)}: ${images} images are held out, one of each class; ${heldOutText(holdOut, heldOutOf(all.size, holdOut))}, would be fewer`,
    );
  const seed = holdOut ? undefined : heldOut?.seed;
  try {
    return { ...stratifiedHoldOut(all, images, { seed }), whole: all };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw usageError(
      `--hold-out: expected ${classes} to ${all.size - classes} of the ${all.size} images, one of each of ${classes} classes at least and not all of any, or a share such as 10%, got ${heldOutText(holdOut ?? { images }, images)}.`,
    );
  }
}

/** Both splits in one normalisation; says how uneven the classes are. */
async function normalised(
  { train, test, whole }: OwnSplits,
  { normalisation }: OwnDataSettings,
  io: Pick<CommandIo, 'err'>,
): Promise<OwnSplits> {
  const { classCountsText, measuredNormalisation } = await import('@dmnn/data');
  const counts = classCountsText(train);
  if (counts !== undefined) io.err(`${printable(train.name)}, ${train.split}: ${counts}`);
  const { channelMeans, channelDeviations } = normalisation ?? (await measuredNormalisation(train));
  if (!normalisation)
    io.err(`channel means ${channelMeans.join(', ')}, deviations ${channelDeviations.join(', ')}`);
  const own = (split: Dataset): Dataset => ({ ...split, channelMeans, channelDeviations });
  return { train: own(train), test: own(test), whole: whole && own(whole) };
}

/**
 * Whether the folder of images that a command line names has the name of the one that a run was trained on.
 *
 * @param dataset - its data's name, as runs record it
 */
export function isTrainedOn(dataset: string, spec: string): boolean {
  const name = `${FORM}${basename(resolve(spec.slice(FORM.length)))}`;
  return isOwnData(spec) && dataset.replace(/, \d+ held out$/, '') === name;
}
