import { randomStream } from '../built-in/random-stream.js';
import { assertSeed, stream } from '../built-in/random-words.js';
import type { ImageBox, ImageSize } from './image-view.js';

/** The distribution of random crops. */
export interface RandomResizedCropOptions {
  /** Smallest and largest share of the image's area. Default 0.08 and 1. */
  readonly areaShare?: readonly [number, number];
  /** Smallest and largest width ÷ height. Default 3/4 and 4/3. */
  readonly aspectRatio?: readonly [number, number];
  /** Probability of a mirrored image. Default 0.5. */
  readonly flipProbability?: number;
}

/** The crop of one image in one epoch. */
export interface RandomResizedCrop extends ImageBox {
  /** Whether the crop is mirrored (left and right exchanged). */
  readonly flipped: boolean;
}

const TRIES = 10;

/**
 * A crop of random area, aspect ratio and position, and its flip: the standard augmentation for ImageNet. Depends
 * only on its arguments, so the batch of an image does not matter.
 *
 * The area and the logarithm of the aspect ratio are uniform; if none of ten crops fits, the largest centred crop of
 * an allowed aspect ratio is taken. This is the distribution of torchvision's `RandomResizedCrop`.
 *
 * @param key - the run's seed, the epoch and the image's index in its data set.
 * @param size - the image's, both sides ≥ 1.
 * @throws RangeError if an argument is out of range.
 * @see Szegedy et al. 2015, arXiv 1409.4842 §6.
 */
export function randomResizedCrop(
  key: { readonly seed: number; readonly epoch: number; readonly sampleKey: number },
  size: ImageSize,
  options: RandomResizedCropOptions = {},
): RandomResizedCrop {
  const { areaShare = [0.08, 1], aspectRatio = [3 / 4, 4 / 3], flipProbability = 0.5 } = options;
  assertRange('areaShare', areaShare, 1);
  assertRange('aspectRatio', aspectRatio, Infinity);
  if (!(flipProbability >= 0 && flipProbability <= 1)) {
    throw new RangeError(`flipProbability: expected 0 to 1, got ${flipProbability}`);
  }
  assertSeed(key.seed);
  const { widthPx: width, heightPx: height } = size;
  if (!Number.isSafeInteger(width) || !Number.isSafeInteger(height) || width < 1 || height < 1) {
    throw new RangeError(`size: expected sides of whole pixels ≥ 1, got ${width} × ${height}`);
  }
  const random = randomStream(key.seed, stream.imageCrop, key.epoch, key.sampleKey);
  const flipped = random.uniform() < flipProbability;
  const [narrowest, widest] = aspectRatio;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const area = width * height * random.between(areaShare[0], areaShare[1]);
    const ratio = Math.exp(random.between(Math.log(narrowest), Math.log(widest)));
    const widthPx = Math.round(Math.sqrt(area * ratio));
    const heightPx = Math.round(Math.sqrt(area / ratio));
    if (widthPx < 1 || heightPx < 1 || widthPx > width || heightPx > height) continue;
    const topPx = random.below(height - heightPx + 1);
    return { leftPx: random.below(width - widthPx + 1), topPx, widthPx, heightPx, flipped };
  }
  const ratio = width / height;
  const widthPx = ratio > widest ? Math.round(height * widest) : width;
  const heightPx = ratio < narrowest ? Math.round(width / narrowest) : height;
  const [leftPx, topPx] = [Math.floor((width - widthPx) / 2), Math.floor((height - heightPx) / 2)];
  return { leftPx, topPx, widthPx, heightPx, flipped };
}

function assertRange(name: string, [low, high]: readonly [number, number], most: number): void {
  if (low > 0 && low <= high && high <= most && high < Infinity) return;
  throw new RangeError(`${name}: expected two numbers > 0, the smaller first, got ${low} and ${high}`);
}
