import { type BuiltInDataset, type BuiltInDatasetOptions, paintedDataset } from './painted-dataset.js';

/** Share of the easy images, and the difficulties of both kinds. Another mixture gives other images, and other results. */
const mixture = { easyShare: 0.7, easy: [0, 0.15], hard: [0.7, 1] } as const;

/**
 * A data set that needs no download, of easy and hard images as photographs are: ten shapes of {@link builtInDataset} as
 * classes, whatever their colour and texture. Seven in ten images are easy (difficulty below 0.15), three
 * are hard (from 0.7 on), and none lies in between. Images are bit-identical on every machine; the splits share none.
 *
 * @throws RangeError if `size` is not an integer ≥ 1 or `seed` not a safe integer
 * @example
 * ```ts
 * import { shapesDataset } from '@dmnn/data';
 *
 * const test = shapesDataset({ split: 'test', size: 1000 });
 * const hard = Array.from({ length: test.size }, (_, index) => test.difficulty(index)).filter((each) => each >= 0.7);
 * console.log(test.classes, test.classNames[0], hard.length > 250 && hard.length < 350); // => 10 disc true
 * ```
 */
export function shapesDataset(options: BuiltInDatasetOptions): BuiltInDataset {
  const sizes = { train: 28_000, test: 4000 };
  return paintedDataset({ name: 'shapes', sizes, shapes: 10, labels: 'shapes', difficulty }, options);
}

/** Uniform within the easy and within the hard images. */
function difficulty(uniform: number): number {
  const { easyShare, easy, hard } = mixture;
  if (uniform < easyShare) return between(easy, uniform / easyShare);
  return between(hard, (uniform - easyShare) / (1 - easyShare));
}

function between([from, to]: readonly [number, number], part: number): number {
  return from + part * (to - from);
}
