import type { Dataset } from './dataset.js';
import type { InMemoryDataset } from './in-memory-dataset.js';
import { subset } from './subset.js';

/**
 * A subset in which every class has the same share of the images as in the whole data set, to within one image.
 *
 * The images of a class are taken at even distances in the order of the data set, and stay in that order; nothing is
 * random. The subset keeps the name and the channel means of the whole.
 *
 * @param images - number of images to keep, from 1 to all
 * @throws RangeError for any other number of images
 * @example
 * ```ts
 * import { builtInDataset, stratifiedSubset } from '@dmnn/data';
 *
 * const half = stratifiedSubset(builtInDataset({ split: 'train' }), 4000);
 * const ofFirstClass = Array.from({ length: half.size }, (_, index) => half.label(index)).filter((label) => label === 0);
 * console.log(half.size, ofFirstClass.length); // => 4000 40
 * ```
 */
export function stratifiedSubset(dataset: InMemoryDataset, images: number): InMemoryDataset;
export function stratifiedSubset(dataset: Dataset, images: number): Dataset;
export function stratifiedSubset(dataset: Dataset, images: number): Dataset {
  const { size } = dataset;
  if (!Number.isInteger(images) || images < 1 || images > size) {
    throw new RangeError(`images: expected an integer from 1 to ${size} (all images), got ${images}`);
  }
  // even distances in the order of classes are even distances within each class
  const byClass = Array.from({ length: size }, (_, index) => index).sort(
    (a, b) => dataset.label(a) - dataset.label(b) || a - b,
  );
  const kept = Array.from(
    { length: images },
    (_, i) => byClass[Math.floor(((i + 0.5) * size) / images)] as number,
  );
  return subset(
    dataset,
    kept.sort((a, b) => a - b),
  );
}
