import { kindOf } from '@dmnn/foundation';
import type { Logits } from './logits.js';
import { probabilities } from './probabilities.js';

/** What measures how sure a network is of an image, from 0 (not at all) to 1. */
export const confidenceMeasures = ['probability', 'margin', 'entropy'] as const;

/**
 * - `probability`: the largest probability, from 1 / classes to 1;
 * - `margin`: the largest less the second largest;
 * - `entropy`: 1 − H / ln C, for the entropy H of the probabilities of C classes, so that it rises with confidence as the
 *   others do.
 */
export type ConfidenceMeasure = (typeof confidenceMeasures)[number];

/** How {@link confidenceOf} measures. */
export interface ConfidenceOptions {
  /** @defaultValue 'probability' */
  readonly by?: ConfidenceMeasure | undefined;
  /** As {@link fitTemperature} found it. @defaultValue 1 */
  readonly temperature?: number | undefined;
}

/**
 * How sure a network is of each image.
 *
 * @returns `[image]`, from 0 to 1
 * @throws RangeError if logits are incomplete or not finite, or an option is out of range
 * @see BranchyNet (Teerapittayanon et al. 2016), which used the entropy; MSDNet (Huang et al. 2018), the probability
 * @example
 * ```ts
 * import { confidenceOf } from '@dmnn/confidence';
 *
 * const logits = { values: [Math.log(3), 0], classes: 2 }; // probabilities 0.75 and 0.25
 * const all = (['probability', 'margin', 'entropy'] as const).map((by) => confidenceOf(logits, { by })[0]);
 * console.log(all.map((each) => each?.toFixed(3)).join(' ')); // => 0.750 0.500 0.189
 * ```
 */
export function confidenceOf(logits: Logits, options: ConfidenceOptions = {}): Float64Array {
  const { by = 'probability', temperature = 1 } = options;
  return confidenceOfProbabilities(probabilities(logits, temperature), logits.classes, by);
}

/**
 * How sure probabilities are, which may be the mean of several networks' as well.
 *
 * @param values - `[image · classes + class]`, summing to 1 over the classes
 * @returns `[image]`, from 0 to 1
 * @throws RangeError if there is no such measure
 * @example
 * ```ts
 * import { confidenceOfProbabilities } from '@dmnn/confidence';
 *
 * console.log(confidenceOfProbabilities([0.5, 0.25, 0.25], 3, 'margin')[0]); // => 0.25
 * ```
 */
export function confidenceOfProbabilities(
  values: ArrayLike<number>,
  classes: number,
  by: ConfidenceMeasure,
): Float64Array {
  assertMeasure(by);
  const images = values.length / classes;
  const result = new Float64Array(images);
  for (let image = 0; image < images; image++) {
    const start = image * classes;
    let [first, second, entropy] = [0, 0, 0];
    for (let c = 0; c < classes; c++) {
      const p = values[start + c] as number;
      if (p > first) [first, second] = [p, first];
      else if (p > second) second = p;
      if (p > 0) entropy -= p * Math.log(p);
    }
    const all = { probability: first, margin: first - second, entropy: 1 - entropy / Math.log(classes) };
    // sums of rounded numbers may pass the ends by a last digit
    result[image] = Math.min(1, Math.max(0, all[by]));
  }
  return result;
}

/** @throws RangeError unless there is such a measure */
export function assertMeasure(by: unknown): asserts by is ConfidenceMeasure {
  if (confidenceMeasures.some((measure) => measure === by)) return;
  const got = typeof by === 'string' ? `'${by}'` : kindOf(by);
  throw new RangeError(`by: expected 'probability', 'margin' or 'entropy', got ${got}`);
}
