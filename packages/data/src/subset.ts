import type { Dataset } from './dataset.js';
import type { InMemoryDataset } from './in-memory-dataset.js';
import type { ImageFiles } from './image-files.js';
import type { ImageFileDataset } from './image-file-dataset.js';

/**
 * The images of `indices`, in that order, as a data set of its own with the channel means of the whole. Of image files
 * the same squares, decoded by the same threads.
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
export function subset(dataset: InMemoryDataset, indices: readonly number[]): InMemoryDataset;
export function subset(dataset: ImageFileDataset, indices: readonly number[]): ImageFileDataset;
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
  if ('files' in dataset) {
    const { files } = dataset;
    const few: ImageFiles = {
      ...labelsOf(files, kept.length, of),
      channelMeans: files.channelMeans,
      channelDeviations: files.channelDeviations,
      ...(files.layout && { layout: files.layout }),
      file: (index) => files.file(of(index)),
      read: (index) => files.read(of(index)),
      ...(files.place && {
        place: (index: number) => (files as Required<ImageFiles>).place(of(index)),
      }),
    };
    return { ...dataset.datasetOf(few), name: dataset.name, split: dataset.split };
  }
  return {
    ...labelsOf(dataset, kept.length, of),
    // as late as those of the whole, which may have to be computed
    get channelMeans() {
      return dataset.channelMeans;
    },
    get channelDeviations() {
      return dataset.channelDeviations;
    },
    imageSizePx: dataset.imageSizePx,
    channels: dataset.channels,
    pixels: (index) => dataset.pixels(of(index)),
    ...('difficulty' in dataset && {
      difficulty: (index: number) => (dataset as Required<InMemoryDataset>).difficulty(of(index)),
    }),
  };
}

/** What images in memory and image files have in common, but for the channel statistics. */
type Labelled = Omit<ImageFiles, 'channelMeans' | 'channelDeviations' | 'layout' | 'file' | 'read' | 'place'>;

function labelsOf(dataset: Labelled, size: number, of: (index: number) => number): Labelled {
  const { name, split, classes, categories, classNames, categoryNames, categoryGroups } = dataset;
  return {
    ...{ name, split, size, classes, categories, classNames, categoryNames },
    ...(categoryGroups && { categoryGroups }),
    label: (index) => dataset.label(of(index)),
    category: (index) => dataset.category(of(index)),
  };
}
