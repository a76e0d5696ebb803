import { assertSeed, randomWord, stream } from '../built-in/random-words.js';
import { DataError } from '../data-error.js';
import type { Dataset } from '../dataset.js';
import { subset } from '../subset.js';
import { quotedNames } from './quoted-names.js';

/** How {@link stratifiedHoldOut} chooses. */
export interface StratifiedHoldOutOptions {
  /** Decides which images, not how many. Default 1. */
  readonly seed?: number | undefined;
}

/**
 * Holds out images of every class as test images: of each class the same share, to within one image, at least one and
 * never all. Which ones depends only on the seed and the order of the images. For images without splits; `holdOut` takes
 * them at even distances instead.
 *
 * @param all - not changed
 * @param images - number of images to hold out, from one for each class to all but one for each class
 * @returns both parts; `facts` say how many were held out, and by which seed
 * @throws RangeError for another number, or a seed that is no safe integer
 * @throws DataError (`DMNN_DATA`) naming the classes of fewer than two images
 * @example
 * ```ts
 * import { builtInDataset, stratifiedHoldOut } from '@dmnn/data';
 *
 * const { train, test } = stratifiedHoldOut(builtInDataset({ split: 'train', size: 400 }), 100);
 * const ofFirstClass = Array.from({ length: test.size }, (_, index) => test.label(index)).filter((label) => label === 0);
 * console.log(train.size, test.size, ofFirstClass.length); // => 300 100 1
 * ```
 */
export function stratifiedHoldOut(
  all: Dataset,
  images: number,
  { seed = 1 }: StratifiedHoldOutOptions = {},
): { train: Dataset; test: Dataset } {
  assertSeed(seed);
  const ofClass: number[][] = Array.from({ length: all.classes }, () => []);
  for (let index = 0; index < all.size; index++) ofClass[all.label(index)]?.push(index);
  const present = ofClass.filter((indices) => indices.length > 0);
  const small = all.classNames.filter((_, label) => ofClass[label]?.length === 1);
  if (small.length > 0) {
    throw new DataError({
      file: all.file?.(0) ?? all.name,
      expected: 'at least two images of each class, since one of each is held out',
      got: `one of ${quotedNames(small)}`,
      remedy: 'Add images of these classes, or leave the classes out.',
    });
  }
  const [least, most] = [present.length, all.size - present.length];
  if (!Number.isInteger(images) || images < least || images > most) {
    throw new RangeError(
      `images: expected an integer from ${least} to ${most}, one of each class and not all, got ${images}`,
    );
  }
  const counts = shares(
    present.map(({ length }) => length),
    images,
  );
  const heldOut = present.flatMap((indices, i) => {
    const drawn = indices.map((index) => ({ index, word: randomWord(seed, stream.holdOut, index) }));
    return drawn
      .sort((a, b) => a.word - b.word || a.index - b.index)
      .slice(0, counts[i])
      .map(({ index }) => index);
  });
  const isHeldOut = new Set(heldOut);
  const others = Array.from({ length: all.size }, (_, index) => index).filter(
    (index) => !isHeldOut.has(index),
  );
  const name = `${all.name}, ${images} held out`;
  const facts = { ...all.facts, heldOut: images, heldOutSeed: seed };
  return {
    train: { ...subset(all, others), name, facts },
    test: {
      ...subset(
        all,
        heldOut.sort((a, b) => a - b),
      ),
      name,
      facts,
      split: 'test',
    },
  };
}

/** Whole numbers in proportion to sizes that add up to a total, each at least one and below its size, by largest remainders. */
function shares(sizes: readonly number[], total: number): number[] {
  const sum = sizes.reduce((all, size) => all + size, 0);
  const exact = sizes.map((size) => (size * total) / sum);
  const counts = exact.map((share, i) => Math.min((sizes[i] as number) - 1, Math.max(1, Math.floor(share))));
  let rest = total - counts.reduce((all, count) => all + count, 0);
  while (rest !== 0) {
    const step = Math.sign(rest);
    const lacks = (i: number): number => step * ((exact[i] as number) - (counts[i] as number));
    const changeable = counts
      .map((count, i) => ({ i, to: count + step }))
      .filter(({ i, to }) => to >= 1 && to < (sizes[i] as number));
    const { i } = changeable.reduce((best, each) => (lacks(each.i) > lacks(best.i) ? each : best));
    counts[i] = (counts[i] as number) + step;
    rest -= step;
  }
  return counts;
}
