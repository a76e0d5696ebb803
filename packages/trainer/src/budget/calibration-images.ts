import { type Dataset, type InMemoryDataset, subset } from '@dmnn/data';
import { epochOrder } from '@dmnn/data/internal';

/**
 * Some images to find thresholds on: drawn at random, since a data set may be sorted, and without augmentation.
 *
 * Take them from the training data, or hold some out; a threshold fitted to test images would flatter the test.
 *
 * @param dataset - to draw from
 * @param images - how many; all, if there are not as many
 * @param seed - which; an integer
 * @throws RangeError if `images` is not an integer above 0
 * @example
 * ```ts
 * import { builtInDataset } from '@dmnn/data';
 * import { calibrationImages } from '@dmnn/trainer';
 *
 * const few = calibrationImages(builtInDataset({ split: 'train', size: 100 }), 8);
 * console.log(few.size, few.split); // => 8 train
 * ```
 */
export function calibrationImages(dataset: InMemoryDataset, images: number, seed?: number): InMemoryDataset;
export function calibrationImages(dataset: Dataset, images: number, seed?: number): Dataset;
export function calibrationImages(dataset: Dataset, images: number, seed = 0): Dataset {
  if (!Number.isInteger(images) || images < 1) {
    throw new RangeError(`images: expected an integer >= 1, got ${images}`);
  }
  return subset(dataset, [...epochOrder(dataset.size, { seed, epoch: 0 }).slice(0, images)]);
}
