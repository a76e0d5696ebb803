import type { Dataset } from './dataset.js';
import type { InMemoryDataset } from './in-memory-dataset.js';
import { subset } from './subset.js';

/** How {@link holdOut} chooses. */
export interface HoldOutOptions {
  /**
   * Takes images at even distances in the order of their classes, so that of each class the same share is held out, to within
   * one image, however they are sorted. @defaultValue false: in their own order
   */
  readonly byClass?: boolean | undefined;
}

/**
 * Holds out some of the training images for choosing settings, so that the test images stay unseen until the end.
 *
 * The held-out images are evenly spaced, so that classes are nearly balanced whether the images are shuffled or
 * sorted by class. The channel means remain those of all training images.
 *
 * @param train - not changed
 * @param images - number of images to hold out, at least one and not all
 * @returns the remaining images as `train` and the held-out ones as `test`; the names of both are the data set's with
 * the number of held-out images
 * @throws RangeError if no image or every image would be held out
 * @example
 * ```ts
 * import { builtInDataset, holdOut } from '@dmnn/data';
 *
 * const { train, test } = holdOut(builtInDataset({ split: 'train' }), 800);
 * console.log(train.size, test.size, test.name); // => 7200 800 built-in, 800 held out
 * ```
 */
export function holdOut(
  train: InMemoryDataset,
  images: number,
  options?: HoldOutOptions,
): { train: InMemoryDataset; test: InMemoryDataset };
export function holdOut(
  train: Dataset,
  images: number,
  options?: HoldOutOptions,
): { train: Dataset; test: Dataset };
export function holdOut(
  train: Dataset,
  images: number,
  { byClass = false }: HoldOutOptions = {},
): { train: Dataset; test: Dataset } {
  const { size } = train;
  if (!Number.isInteger(images) || images < 1 || images >= size) {
    throw new RangeError(
      `images: expected an integer from 1 to ${size - 1}, fewer than the training images, got ${images}`,
    );
  }
  const all = Array.from({ length: size }, (_, index) => index);
  const order = byClass ? [...all].sort((a, b) => train.label(a) - train.label(b) || a - b) : all;
  const isHeldOut = new Set(
    Array.from({ length: images }, (_, i) => order[Math.floor(((i + 0.5) * size) / images)] as number),
  );
  const heldOut = all.filter((index) => isHeldOut.has(index));
  const others = all.filter((index) => !isHeldOut.has(index));
  const name = `${train.name}, ${images} held out`;
  return {
    train: { ...subset(train, others), name },
    test: { ...subset(train, heldOut), name, split: 'test' },
  };
}
