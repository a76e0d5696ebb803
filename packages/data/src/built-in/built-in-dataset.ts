import { builtInCategories } from './built-in-classes.js';
import { SIZE_PX, paintBuiltInImage } from './built-in-image.js';
import { ChannelCounter, type ChannelStatistics } from '../cifar/channel-statistics.js';
import type { InMemoryDataset } from '../in-memory-dataset.js';
import { randomStream } from './random-stream.js';
import { assertSeed, randomWord, stream } from './random-words.js';

/** Which built-in images to make. */
export interface BuiltInDatasetOptions {
  /** Which split; the two share no image. */
  readonly split: 'train' | 'test';
  /** Number of images. Default 8,000 to train, 2,000 to test. Image i is the same at any size. */
  readonly size?: number | undefined;
  /** A safe integer; default 0. Another seed gives other images of the same classes. */
  readonly seed?: number | undefined;
}

/** Images of known difficulty. */
export interface BuiltInDataset extends InMemoryDataset {
  /** The seed that the images were made from. */
  readonly seed: number;
  /** 0 (plain object on a plain ground) to 1 (cluttered, hidden, faded, noisy), uniform over the images. */
  difficulty(index: number): number;
}

/** Number of training images from which the channel means are computed, whatever the size of the data set. */
const COUNTED_IMAGES = 1000;

/**
 * A data set that needs no download: 32×32 images of 20 shapes (the categories) in 5 classes each, from easy to hard,
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
  const { split, size = split === 'train' ? 8000 : 2000, seed = 0 } = options;
  if (!Number.isInteger(size) || size < 1)
    throw new RangeError(`size: expected an integer ≥ 1 (images), got ${size}`);
  assertSeed(seed);
  const categories = builtInCategories();
  const classes = categories.flatMap((category) => category.classes);
  const perCategory = classes.length / categories.length;
  const splitKey = split === 'train' ? 0 : 1;
  const labels = shuffledLabels(size, classes.length, seed, splitKey);
  const images: (Uint8Array | undefined)[] = [];
  const canvas = new Float32Array(SIZE_PX * SIZE_PX * 3);
  let statistics: ChannelStatistics | undefined;

  const at = (index: number): number => {
    if (Number.isInteger(index) && index >= 0 && index < size) return index;
    throw new RangeError(`index: expected an integer from 0 to ${size - 1}, got ${index}`);
  };
  const difficulty = (index: number): number =>
    randomWord(seed, stream.builtInDifficulty, splitKey, at(index)) / 2 ** 32;
  const label = (index: number): number => labels[at(index)] as number;
  const pixels = (index: number): Uint8Array =>
    (images[at(index)] ??= paintBuiltInImage(
      classes[label(index)] as (typeof classes)[number],
      difficulty(index),
      randomStream(seed, stream.builtInImage, splitKey, index),
      canvas,
    ));
  const channelStatistics = (): ChannelStatistics => {
    if (statistics) return statistics;
    const counted = split === 'train' && size >= COUNTED_IMAGES ? { pixels } : trainingSample(seed);
    const counter = new ChannelCounter();
    for (let index = 0; index < COUNTED_IMAGES; index++) counter.add(counted.pixels(index));
    return (statistics = counter.statistics());
  };

  return {
    name: 'built-in',
    split,
    size,
    seed,
    imageSizePx: SIZE_PX,
    channels: 3,
    classes: classes.length,
    categories: categories.length,
    classNames: classes.map((each) => each.name),
    categoryNames: categories.map((each) => each.name),
    categoryGroups: categories.map((each) => `distinguished by ${each.distinguishedBy}`),
    get channelMeans() {
      return channelStatistics().means;
    },
    get channelDeviations() {
      return channelStatistics().deviations;
    },
    label,
    category: (index) => Math.floor(label(index) / perCategory),
    pixels,
    difficulty,
  };
}

function trainingSample(seed: number): BuiltInDataset {
  return builtInDataset({ split: 'train', size: COUNTED_IMAGES, seed });
}

function shuffledLabels(size: number, classes: number, seed: number, splitKey: number): Uint8Array {
  const labels = new Uint8Array(size);
  for (let first = 0; first < size; first += classes) {
    const random = randomStream(seed, stream.builtInLabels, splitKey, first);
    const block = Array.from({ length: classes }, (_, label) => label);
    for (let last = classes - 1; last > 0; last--) {
      const other = random.below(last + 1);
      [block[last], block[other]] = [block[other] as number, block[last] as number];
    }
    labels.set(block.slice(0, size - first), first);
  }
  return labels;
}
