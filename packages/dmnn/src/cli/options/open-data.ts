import type { Dataset, ImageDecoder, InMemoryDataset } from '@dmnn/data';
import { heldOutParts } from '../../control/held-out-parts.js';
import type { CommandIo } from '../terminal/command-io.js';
import { usageError } from '../terminal/usage-error.js';
import { assertDataSpec } from './data-spec.js';
import { type HoldOut, heldOutOf, heldOutText } from './hold-out-option.js';
import { type OwnDataSettings, isOwnData, openOwnData, openOwnTestData } from './open-own-data.js';

/** Both splits of a data set. */
export interface DataSplits {
  readonly train: InMemoryDataset;
  readonly test: InMemoryDataset;
}

/** Both splits of a data set that a network is trained on. */
export interface TrainingSplits {
  readonly train: Dataset;
  readonly test: Dataset;
  /** All images, if those that were held out are the test images. */
  readonly whole?: Dataset | undefined;
}

/**
 * Holds out some training images as test images, so that settings are not chosen on the real test set.
 *
 * @param options - `trains`: whether the rest is trained on, so that images of each class have to remain
 * @throws DmnnError `DMNN_USAGE` if no training image would remain
 */
export async function holdingOut(
  { train }: TrainingSplits,
  how: HoldOut,
  { trains = false }: { readonly trains?: boolean } = {},
): Promise<TrainingSplits> {
  const images = heldOutOf(train.size, how);
  const got = heldOutText(how, images);
  if (images >= train.size) {
    throw usageError(`--hold-out: expected fewer than the ${train.size} training images, got ${got}.`);
  }
  const parts = await heldOutParts(train, images);
  const untrained = trains && isOwnData(train.name) ? classesWithout(parts.train, train) : [];
  if (untrained.length === 0) return parts;
  const { quotedNames } = await import('@dmnn/data/internal');
  throw usageError(
    `--hold-out: expected training images of each class to remain, got ${got}, which leaves none of ${quotedNames(untrained)}. Hold out fewer, or add images of these classes.`,
  );
}

/** Names of classes that all images have and some have not. */
function classesWithout(some: Dataset, all: Dataset): string[] {
  const there = (dataset: Dataset): Set<number> =>
    new Set(Array.from({ length: dataset.size }, (_, index) => dataset.label(index)));
  const [has, had] = [there(some), there(all)];
  return all.classNames.filter((_, label) => had.has(label) && !has.has(label));
}

/**
 * A stratified subset of the training images.
 *
 * @throws DmnnError `DMNN_USAGE` if there are fewer images than that
 */
export async function withTrainingImages(data: TrainingSplits, images: number): Promise<TrainingSplits> {
  if (images > data.train.size) {
    throw usageError(
      `--train-images: expected at most the ${data.train.size} training images, got ${images}.`,
    );
  }
  const { stratifiedSubset } = await import('@dmnn/data');
  return { ...data, train: stratifiedSubset(data.train, images) };
}

/**
 * How image files are opened. Default size and normalisation: of ImageNet 224 and its own, of images of one's own as they say
 * themselves.
 */
export interface ImageSettings extends OwnDataSettings {
  /** Threads that decode. Default: one less than there are cores. */
  readonly workers?: number | undefined;
}

/**
 * Opens the data that a command line names: as `openDataset` of `@dmnn/data`, and the built-in data in any size. What was
 * found is printed on stderr.
 *
 * @param spec - `built-in=400` and `shapes=400` have 400 training and 100 test images
 * @throws DmnnError `DMNN_USAGE` for an invalid size; DmnnError `DMNN_UNKNOWN_DATASET`, DataError
 */
export async function openData(spec: string, io: Pick<CommandIo, 'err'>): Promise<DataSplits> {
  assertDataSpec(spec, { images: false });
  const { foundText } = await import('@dmnn/data');
  const splits = await openSmallImages(spec);
  for (const split of [splits.train, splits.test]) io.err(foundText(split));
  return splits;
}

async function openSmallImages(spec: string): Promise<DataSplits> {
  const { builtInNamed, openDataset } = await import('@dmnn/data');
  const [name = '', images] = spec.split('=');
  const train =
    images === undefined ? undefined : builtInNamed(name, { split: 'train', size: Number(images) });
  const test = train && builtInNamed(name, { split: 'test', size: Math.floor(train.size / 4) });
  return train && test ? { train, test } : openDataset(spec);
}

/** Whether a command line names image files: ImageNet, or images of one's own. @throws as `assertDataSpec` */
export function isImageFiles(spec: string): boolean {
  assertDataSpec(spec, { images: true });
  return spec.startsWith('imagenet=') || isOwnData(spec);
}

/**
 * Opens the data that a command line names: as {@link openData}, ImageNet, and images of one's own.
 *
 * @throws DmnnError `DMNN_USAGE`, DmnnError `DMNN_UNKNOWN_DATASET`, DataError
 */
export async function openTrainingData(
  spec: string,
  settings: ImageSettings,
  io: Pick<CommandIo, 'err'>,
): Promise<TrainingSplits> {
  if (!isImageFiles(spec)) return openData(spec, io);
  const { ImageDecoder } = await import('@dmnn/data');
  const { workers } = settings;
  const decoder = new ImageDecoder({ workers });
  decoder.start(); // to overlap with reading folders and starting a backend
  if (isOwnData(spec)) return openOwnData(spec, settings, io, decoder);
  const train = await openImages(spec, 'train', settings, io, decoder);
  return { train, test: await openImages(spec, 'test', settings, io, decoder) };
}

/** Opens the test split of image files; the other need not be there. @throws DataError */
export async function openTestImages(
  spec: string,
  settings: ImageSettings,
  io: Pick<CommandIo, 'err'>,
): Promise<Dataset> {
  if (!isOwnData(spec)) return openImages(spec, 'test', settings, io);
  const { ImageDecoder } = await import('@dmnn/data');
  return openOwnTestData(spec, settings, io, new ImageDecoder({ workers: settings.workers }));
}

async function openImages(
  spec: string,
  split: 'train' | 'test',
  { imageSizePx, workers, normalisation }: ImageSettings,
  io: Pick<CommandIo, 'err'>,
  shared?: ImageDecoder,
): Promise<Dataset> {
  const { ImageDecoder, foundText, openImagenet, imageFileDataset } = await import('@dmnn/data');
  const files = await openImagenet(spec.slice('imagenet='.length), split);
  io.err(foundText(files));
  const decoder = shared ?? new ImageDecoder({ workers });
  return imageFileDataset({ ...files, ...normalisation }, { decoder, sizePx: imageSizePx });
}
