import { assertList, kindOf } from '@dmnn/foundation';

/** A mean over runs that differ in their seed. */
export interface MeanOverSeeds {
  readonly mean: number;
  /** Half the width of the 95 % interval. */
  readonly halfWidth: number;
  readonly interval: readonly [number, number];
  readonly seeds: number;
}

/** Student's t at 0.975, by degrees of freedom from 1 on. */
const quantiles = [
  12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.306, 2.2622, 2.2281, 2.201, 2.1788, 2.1604,
  2.1448, 2.1314, 2.1199, 2.1098, 2.1009, 2.093, 2.086, 2.0796, 2.0739, 2.0687, 2.0639, 2.0595, 2.0555,
  2.0518, 2.0484, 2.0452, 2.0423,
];

/** The normal distribution's at 0.975. */
const NORMAL = 1.959964;

/**
 * The mean of what runs of several seeds measured, with the 95 % interval over seeds by Student's t: how far another seed
 * could move it. It says nothing of other images.
 *
 * @param values - `[seed]`, in any unit
 * @throws RangeError if there are fewer than two, or one is not finite
 * @example
 * ```ts
 * import { meanOverSeeds } from '@dmnn/confidence';
 *
 * const { mean, halfWidth } = meanOverSeeds([-1.2, -0.8, -1.0]);
 * console.log(mean.toFixed(2), halfWidth.toFixed(2)); // => -1.00 0.50
 * ```
 */
export function meanOverSeeds(values: readonly number[]): MeanOverSeeds {
  assertList('values', values, 'a number for each seed');
  if (values.length < 2)
    throw new RangeError(
      `values: expected at least two seeds, since one has no interval, got ${values.length}`,
    );
  const wrong = values.find((value) => !Number.isFinite(value));
  if (wrong !== undefined) throw new RangeError(`values: expected finite numbers, got ${kindOf(wrong)}`);
  const seeds = values.length;
  const mean = values.reduce((sum, each) => sum + each, 0) / seeds;
  const variance = values.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (seeds - 1);
  const halfWidth = studentQuantile(seeds - 1) * Math.sqrt(variance / seeds);
  return { mean, halfWidth, interval: [mean - halfWidth, mean + halfWidth], seeds };
}

/** Beyond the table by Cornish and Fisher's expansion, to 1e-4. */
function studentQuantile(freedom: number): number {
  const z = NORMAL;
  return (
    quantiles[freedom - 1] ??
    z + (z ** 3 + z) / (4 * freedom) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * freedom ** 2)
  );
}
