import { assertSeed, randomWord, stream } from '../built-in/random-words.js';

/** Width in pixels of the black border that `pad-crop-flip` adds on every side before it crops. */
export const PAD_PX = 4;

/** The position of the crop in the padded image, and whether it is mirrored. */
export interface CropFlip {
  /** 0 to 8 pixels from the padded image's top; 4 is the middle. */
  readonly topPx: number;
  /** 0 to 8 pixels from the padded image's left; 4 is the middle. */
  readonly leftPx: number;
  /** Whether the crop is mirrored (left and right exchanged). */
  readonly flipped: boolean;
}

/**
 * The crop and the flip of one image in one epoch: uniform over the 81 crops, flipped half the time. Depends only on
 * its arguments, so the image's batch and its position in that batch do not matter.
 *
 * @param key - the run's seed, the epoch and the image's index in its data set.
 */
export function cropFlip(key: {
  readonly seed: number;
  readonly epoch: number;
  readonly sampleKey: number;
}): CropFlip {
  assertSeed(key.seed);
  const word = randomWord(key.seed, stream.augmentation, key.epoch, key.sampleKey);
  const offsets = 2 * PAD_PX + 1;
  // the top bit flips; the 31 others give two offsets, each with a bias below 10⁻⁷
  const place = Math.floor(((word & 0x7fffffff) * offsets * offsets) / 2 ** 31);
  return { topPx: Math.floor(place / offsets), leftPx: place % offsets, flipped: word >>> 31 === 1 };
}
