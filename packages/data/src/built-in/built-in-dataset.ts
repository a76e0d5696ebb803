import { type BuiltInDataset, type BuiltInDatasetOptions, paintedDataset } from './painted-dataset.js';

/**
 * A data set that needs no download: 32×32 images of 20 shapes (the categories) in 5 classes each, of every difficulty alike,
 * made from the seed when first read, then cached. Images 100n to 100n + 99 contain each class once. The splits share
 * no image. Images are bit-identical on every machine.
 *
 * The channel means and deviations are those of the first 1,000 training images of the seed.
 *
 * @throws RangeError if `size` is not an integer ≥ 1 or `seed` not a safe integer.
 * @example
 * ```ts
 * import { builtInDataset } from '@dmnn/data';
 *
 * const train = builtInDataset({ split: 'train' });
 * console.log(train.size, train.classes, train.categories, train.pixels(0).length); // => 8000 100 20 3072
 * ```
 */
export function builtInDataset(options: BuiltInDatasetOptions): BuiltInDataset {
  const sizes = { train: 8000, test: 2000 };
  return paintedDataset(
    { name: 'built-in', sizes, shapes: 20, labels: 'classes', difficulty: (uniform) => uniform },
    options,
  );
}
