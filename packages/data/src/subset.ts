import type { ImageDataset } from './image-dataset.js';

/**
 * The images of `indices`, in that order, as a data set of its own with the channel means of the whole.
 *
 * @throws RangeError if an index is not one of the data set.
 * @example
 * ```ts
 * import { builtInDataset, subset } from '@dmnn/data';
 *
 * const test = builtInDataset({ split: 'test' });
 * const easy = [];
 * for (let index = 0; index < test.size; index++) if (test.difficulty(index) < 0.25) easy.push(index);
 * console.log(subset(test, easy).size === easy.length); // => true
 * ```
 */
export function subset(dataset: ImageDataset, indices: readonly number[]): ImageDataset {
  const wrong = indices.find((index) => !Number.isInteger(index) || index < 0 || index >= dataset.size);
  if (wrong !== undefined) {
    throw new RangeError(`indices: expected integers from 0 to ${dataset.size - 1}, got ${wrong}`);
  }
  const kept = Uint32Array.from(indices);
  const of = (index: number): number => {
    const original = kept[index];
    if (original !== undefined) return original;
    throw new RangeError(`index: expected an integer from 0 to ${kept.length - 1}, got ${index}`);
  };
  return {
    name: dataset.name,
    split: dataset.split,
    size: kept.length,
    imageSizePx: dataset.imageSizePx,
    channels: dataset.channels,
    classes: dataset.classes,
    categories: dataset.categories,
    classNames: dataset.classNames,
    categoryNames: dataset.categoryNames,
    ...(dataset.categoryGroups && { categoryGroups: dataset.categoryGroups }),
    get channelMeans() {
      return dataset.channelMeans;
    },
    get channelDeviations() {
      return dataset.channelDeviations;
    },
    label: (index) => dataset.label(of(index)),
    category: (index) => dataset.category(of(index)),
    pixels: (index) => dataset.pixels(of(index)),
    ...('difficulty' in dataset && {
      difficulty: (index: number) => (dataset as Required<ImageDataset>).difficulty(of(index)),
    }),
  };
}
