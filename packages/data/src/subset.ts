import type { Dataset } from './dataset.js';
import type { InMemoryDataset } from './in-memory-dataset.js';

/**
 * The images of `indices`, in that order, as a separate data set with the channel means of the whole. Image files
 * keep their size and their decoder.
 *
 * @throws RangeError if an index is out of range.
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
export function subset(dataset: InMemoryDataset, indices: readonly number[]): InMemoryDataset;
export function subset(dataset: Dataset, indices: readonly number[]): Dataset;
export function subset(dataset: Dataset, indices: readonly number[]): Dataset {
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
  const { images, file, difficulty } = dataset;
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
    categoryGroups: dataset.categoryGroups,
    categoryOfClass: dataset.categoryOfClass,
    // a getter, because those of the whole may still have to be computed
    get channelMeans() {
      return dataset.channelMeans;
    },
    get channelDeviations() {
      return dataset.channelDeviations;
    },
    label: (index) => dataset.label(of(index)),
    category: (index) => dataset.category(of(index)),
    pixels: (index) => dataset.pixels(of(index)),
    augmentations: dataset.augmentations,
    // keyed by the indices in the subset: they determine the augmentation
    images: images && ((request) => images.call(dataset, { ...request, indices: request.indices.map(of) })),
    file: file && ((index) => file.call(dataset, of(index))),
    layout: dataset.layout,
    shorterSidePx: dataset.shorterSidePx,
    facts: dataset.facts,
    ...(difficulty && { difficulty: (index: number) => difficulty.call(dataset, of(index)) }),
  };
}
