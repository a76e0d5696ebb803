import { builtInCategories } from './built-in-classes.js';
import { SIZE_PX, paintBuiltInImage } from './built-in-image.js';
import { ChannelCounter, type ChannelStatistics } from '../cifar/channel-statistics.js';
import type { InMemoryDataset } from '../in-memory-dataset.js';
import { randomStream } from './random-stream.js';
import { assertSeed, randomWord, stream } from './random-words.js';

/** Number of training images from which the channel means are computed, whatever the size of the data set. */
const COUNTED_IMAGES = 1000;

/** Which built-in images to make. */
export interface BuiltInDatasetOptions {
  /** Which split; the two share no image. */
  readonly split: 'train' | 'test';
  /** Number of images. Default 8,000 to train, 2,000 to test; of `shapes` 28,000 and 4,000. Image i is the same at any size. */
  readonly size?: number | undefined;
  /** A safe integer; default 0. Another seed gives other images of the same classes. */
  readonly seed?: number | undefined;
}

/** Images of known difficulty. */
export interface BuiltInDataset extends InMemoryDataset {
  /** The seed that the images were made from. */
  readonly seed: number;
  /** 0 (plain object on a plain ground) to 1 (cluttered, hidden, faded, noisy). */
  difficulty(index: number): number;
}

/** What distinguishes the data sets that are painted. */
export interface PaintedKind {
  readonly name: string;
  readonly sizes: { readonly train: number; readonly test: number };
  /** How many of the 20 shapes there are, from the first on. */
  readonly shapes: number;
  /** What the classes are: the five of each shape, or the shapes themselves. */
  readonly labels: 'classes' | 'shapes';
  /** Difficulty, 0 to 1, of an image that drew `uniform` in [0, 1). */
  difficulty(uniform: number): number;
}

/**
 * Images made from the seed when first read, then cached.
 *
 * @throws RangeError if `size` is not an integer ≥ 1 or `seed` not a safe integer
 */
export function paintedDataset(kind: PaintedKind, options: BuiltInDatasetOptions): BuiltInDataset {
  const { split, size = kind.sizes[split], seed = 0 } = options;
  if (!Number.isInteger(size) || size < 1)
    throw new RangeError(`size: expected an integer ≥ 1 (images), got ${size}`);
  assertSeed(seed);
  const categories = builtInCategories().slice(0, kind.shapes);
  const classes = categories.flatMap((category) => category.classes);
  const named = kind.labels === 'shapes' ? categories : classes;
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
    kind.difficulty(randomWord(seed, stream.builtInDifficulty, splitKey, at(index)) / 2 ** 32);
  const painted = (index: number): number => labels[at(index)] as number;
  const category = (index: number): number => Math.floor(painted(index) / perCategory);
  const pixels = (index: number): Uint8Array =>
    (images[at(index)] ??= paintBuiltInImage(
      classes[painted(index)] as (typeof classes)[number],
      difficulty(index),
      randomStream(seed, stream.builtInImage, splitKey, index),
      canvas,
    ));
  const channelStatistics = (): ChannelStatistics => {
    if (statistics) return statistics;
    const counted = split === 'train' && size >= COUNTED_IMAGES ? { pixels } : trainingSample(kind, seed);
    const counter = new ChannelCounter();
    for (let index = 0; index < COUNTED_IMAGES; index++) counter.add(counted.pixels(index));
    return (statistics = counter.statistics());
  };

  return {
    name: kind.name,
    split,
    size,
    seed,
    imageSizePx: SIZE_PX,
    channels: 3,
    classes: named.length,
    categories: categories.length,
    classNames: named.map((each) => each.name),
    categoryNames: categories.map((each) => each.name),
    categoryGroups: categories.map((each) => `distinguished by ${each.distinguishedBy}`),
    get channelMeans() {
      return channelStatistics().means;
    },
    get channelDeviations() {
      return channelStatistics().deviations;
    },
    label: kind.labels === 'shapes' ? category : painted,
    category,
    pixels,
    difficulty,
  };
}

function trainingSample(kind: PaintedKind, seed: number): BuiltInDataset {
  return paintedDataset(kind, { split: 'train', size: COUNTED_IMAGES, seed });
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
