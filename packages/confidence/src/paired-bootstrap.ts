import { assertList, assertRecord, kindOf, philox4x32 } from '@dmnn/foundation';

/** Options of {@link pairedBootstrap}. */
export interface PairedBootstrapOptions {
  /** An integer from 0 to 2³² − 1. */
  readonly seed: number;
  /** How often the images are drawn again. @defaultValue 2000 */
  readonly resamples?: number | undefined;
  /** Probability that the interval holds the true difference. @defaultValue 0.95 */
  readonly level?: number | undefined;
}

/** A difference of two means over the same images, and how far chance in the images can move it. */
export interface BootstrapDifference {
  /** Mean of the first less mean of the second. */
  readonly difference: number;
  /** Between these the difference lies with the probability `level`. */
  readonly interval: readonly [number, number];
  /** Half the interval's width. */
  readonly halfWidth: number;
  readonly resamples: number;
}

/**
 * The difference between two systems on the same images, with the interval over images: the images are drawn again, with
 * replacement, both systems on the same ones, and the interval is that of the percentiles of the differences.
 *
 * Draw d of resample r is word d mod 4 of Philox at the counter (⌊d / 4⌋, r, 0, 0) under the key (seed, 0), scaled to the
 * number of images: the result depends on the arguments alone.
 *
 * @param first - `[image]`: such as 1 where the first system is wrong and 0 where it is right
 * @param second - `[image]`; zeros for the interval of the first system's own mean
 * @throws RangeError if there are no images, the lists differ in length or are not finite, or an option is out of range
 * @see Efron & Tibshirani 1993, An Introduction to the Bootstrap, §13.3
 * @example
 * ```ts
 * import { pairedBootstrap } from '@dmnn/confidence';
 *
 * const first = Array.from({ length: 200 }, (_, image) => (image % 10 === 0 ? 1 : 0)); // wrong in 10 %
 * const second = Array.from({ length: 200 }, (_, image) => (image % 5 === 0 ? 1 : 0)); // in these and as many others
 * const { difference, interval } = pairedBootstrap(first, second, { seed: 1 });
 * console.log(difference.toFixed(2), interval[1] < 0); // => -0.10 true
 * ```
 */
export function pairedBootstrap(
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  options: PairedBootstrapOptions,
): BootstrapDifference {
  assertRecord('options', options, 'an object with seed');
  const { seed, resamples = 2000, level = 0.95 } = options;
  const differences = differencesOf(first, second);
  if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32)
    throw new RangeError(`seed: expected an integer from 0 to 4294967295, got ${kindOf(seed)}`);
  if (!Number.isInteger(resamples) || resamples < 100)
    throw new RangeError(`resamples: expected an integer ≥ 100, got ${kindOf(resamples)}`);
  if (typeof level !== 'number' || !(level > 0 && level < 1))
    throw new RangeError(`level: expected a number above 0 and below 1, got ${kindOf(level)}`);
  const images = differences.length;
  const means = new Float64Array(resamples);
  for (let resample = 0; resample < resamples; resample++) {
    let sum = 0;
    for (let draw = 0; draw < images; draw += 4) {
      const words = philox4x32([draw / 4, resample, 0, 0], [seed, 0]);
      for (let word = 0; word < 4 && draw + word < images; word++)
        sum += differences[Math.floor(((words[word] as number) / 2 ** 32) * images)] as number;
    }
    means[resample] = sum / images;
  }
  means.sort();
  const interval: [number, number] = [percentile(means, (1 - level) / 2), percentile(means, (1 + level) / 2)];
  return {
    difference: differences.reduce((sum, each) => sum + each, 0) / images,
    interval,
    halfWidth: (interval[1] - interval[0]) / 2,
    resamples,
  };
}

function differencesOf(first: ArrayLike<number>, second: ArrayLike<number>): Float64Array {
  assertList('first', first, 'a list of numbers');
  assertList('second', second, 'a list of numbers');
  if (first.length === 0) throw new RangeError('first: expected at least one image, got none');
  if (second.length !== first.length)
    throw new RangeError(`second: expected one for each of ${first.length} images, got ${second.length}`);
  return Float64Array.from({ length: first.length }, (_, image) => {
    const difference = (first[image] as number) - (second[image] as number);
    if (Number.isFinite(difference)) return difference;
    throw new RangeError(`first, second: expected finite numbers, got ${difference} for image ${image}`);
  });
}

/** Between two sorted numbers, the line: numpy's default. */
function percentile(sorted: Float64Array, share: number): number {
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below] as number;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] as number;
  return low + (position - below) * (high - low);
}
