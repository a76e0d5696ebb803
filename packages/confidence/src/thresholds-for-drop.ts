import { assertRecord, kindOf } from '@dmnn/foundation';
import type { CascadeAnswers } from './cascade-answers.js';
import { assertLabels } from './logits.js';
import { runCascade, wrongAnswers } from './run-cascade.js';
import { type ChosenThresholds, assertImages, thresholdBetween } from './thresholds-for-budget.js';

/** Options of {@link thresholdsForDrop}. */
export interface ThresholdsForDropOptions {
  /** `[image]`: classes. */
  readonly labels: ArrayLike<number>;
  /** Largest loss of top-1 accuracy, in points: 0.5 is half a percent of the images. */
  readonly drop: number;
  /** `[image]`: the classes against which the loss is counted. @defaultValue those of all stages run on every image */
  readonly reference?: ArrayLike<number> | undefined;
  /** Probability with which the true loss is below the bound, above 0.5 and below 1. @defaultValue 0.95 */
  readonly level?: number | undefined;
}

/** Thresholds, and what they lose on the images that they were chosen on. */
export interface ThresholdsForDrop extends ChosenThresholds {
  /** Loss of accuracy on these images, in points; negative if stopping early was better. */
  readonly drop: number;
  /**
   * The loss in points that is not exceeded with the probability `level`; 0 if all answers are those of the reference. Above the
   * loss that was asked for if no threshold keeps to it: then images stop only where a stage is certain.
   */
  readonly bound: number;
}

/** Usual probability with which a true loss is below its bound. */
const LEVEL = 0.95;

/** Thresholds that are tried, from all images going on to all stopping. */
const TRIED = 512;

/**
 * Finds the cheapest thresholds of which the images show that they lose at most so much accuracy.
 *
 * All stages have one threshold, which falls from 1 as long as the upper confidence bound on the loss stays within `drop`, and
 * ends at the first that does not: testing in this fixed order keeps the probability of a wrong choice at 1 − `level`. The
 * bound is Agresti and Min's for a difference of paired shares, which holds with few differing images too.
 *
 * @throws RangeError if there are no images, a label is not a class, or an option is out of range
 * @see Agresti & Min 2005, Simple improved confidence intervals for comparing matched proportions; Angelopoulos et al. 2021,
 *   Learn then Test, for the fixed order
 * @example
 * ```ts
 * import { cascadeAnswers, thresholdsForDrop } from '@dmnn/confidence';
 *
 * // 1000 images: the small network is unsure of every fourth, and wrong in half of those
 * const values = Array.from({ length: 1000 }, (_, image) => (image % 4 > 0 ? [4, 0] : [0.2, image % 8 > 0 ? 0.1 : 0.35]));
 * const small = { logits: { values: values.flat(), classes: 2 }, cost: 40 };
 * const large = { logits: { values: Array.from({ length: 1000 }, () => [4, 0]).flat(), classes: 2 }, cost: 120 };
 * const labels = new Uint8Array(1000);
 * const { drop, bound, meanCost } = thresholdsForDrop(cascadeAnswers([small, large]), { labels, drop: 0.5 });
 * console.log(drop, bound < 0.5, meanCost); // => 0 true 70
 * ```
 */
export function thresholdsForDrop(
  answers: CascadeAnswers,
  options: ThresholdsForDropOptions,
): ThresholdsForDrop {
  assertRecord('options', options, 'an object with labels and drop');
  const { labels, drop, reference, level = LEVEL } = options;
  if (typeof drop !== 'number' || !(drop >= 0 && drop <= 100))
    throw new RangeError(`drop: expected points of accuracy from 0 to 100, got ${kindOf(drop)}`);
  if (typeof level !== 'number' || !(level > 0.5 && level < 1))
    throw new RangeError(`level: expected a number above 0.5 and below 1, got ${kindOf(level)}`);
  assertImages(answers);
  assertLabels(labels, answers.images, answers.classes);
  const { stages } = answers;
  const z = normalQuantile(level);
  const against = reference ?? stages.at(-1)?.predicted ?? [];
  if (against.length !== answers.images)
    throw new RangeError(
      `reference: expected one for each of ${answers.images} images, got ${against.length}`,
    );
  const full = wrongAnswers(against, labels);
  const all = stages.slice(0, -1).map(() => 1);
  const outcome = runCascade(answers, all);
  let best: ThresholdsForDrop = {
    thresholds: all,
    meanCost: outcome.meanCost,
    // images of which a stage is certain stop there at any threshold
    ...(outcome.predicted.every((each, image) => each === against[image])
      ? { drop: 0, bound: 0 }
      : pairedLoss(wrongAnswers(outcome.predicted, labels), full, z)),
  };
  for (const threshold of triedThresholds(answers)) {
    const thresholds = all.map(() => threshold);
    const { predicted, meanCost, shares } = runCascade(answers, thresholds);
    if (shares.at(-1) === 1) continue; // nothing stops early, so nothing is lost
    const loss = pairedLoss(wrongAnswers(predicted, labels), full, z);
    if (loss.bound > drop) break;
    best = { thresholds, meanCost, ...loss };
  }
  return best;
}

/**
 * The smallest loss that so many images can show not to be exceeded: the bound of {@link thresholdsForDrop} if nothing is
 * lost. With fewer points every image goes through all stages.
 *
 * @param level - as there. @defaultValue 0.95
 * @returns points of top-1 accuracy
 * @example
 * ```ts
 * import { smallestDrop } from '@dmnn/confidence';
 *
 * console.log(smallestDrop(50).toFixed(2), smallestDrop(5000).toFixed(2)); // => 3.16 0.03
 * ```
 */
export function smallestDrop(images: number, level?: number): number {
  const none = new Uint8Array(images);
  return pairedLoss(none, none, normalQuantile(level ?? LEVEL)).bound;
}

/** Falling thresholds between quantiles of the confidences of all stages that have one. */
function triedThresholds({ stages }: CascadeAnswers): number[] {
  const confidences = Float64Array.from(
    stages.slice(0, -1).flatMap(({ confidence }) => [...confidence]),
  ).sort();
  const tried = Array.from({ length: TRIED - 1 }, (_, i) => {
    const at = Math.floor(((TRIED - 1 - i) * confidences.length) / TRIED);
    return thresholdBetween(confidences[at - 1], confidences[at]);
  });
  return [...new Set([...tried, 0])].sort((a, b) => b - a);
}

function pairedLoss(wrong: Uint8Array, full: Uint8Array, z: number): { drop: number; bound: number } {
  let [lost, won] = [0, 0];
  for (let image = 0; image < wrong.length; image++) {
    if (wrong[image] === full[image]) continue;
    if (wrong[image] === 1) lost++;
    else won++;
  }
  const images = wrong.length;
  // half an image is added to each of the four cells
  const more = images + 2;
  const difference = (lost - won) / more;
  const deviation = Math.sqrt((lost + won + 1) / more - difference * difference) / Math.sqrt(more);
  return { drop: (100 * (lost - won)) / images, bound: 100 * (difference + z * deviation) };
}

/** The number below which a normal variable lies with a probability above 0.5. @see Abramowitz & Stegun 26.2.23, then Newton */
export function normalQuantile(probability: number): number {
  const t = Math.sqrt(-2 * Math.log(1 - probability));
  let z =
    t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
  for (let step = 0; step < 3; step++) {
    const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
    z -= (normalBelow(z) - probability) / density;
  }
  return z;
}

/** Probability of a normal variable below z > 0: the series of the error function, which converges for every z. */
function normalBelow(z: number): number {
  let term = z;
  let sum = z;
  for (let n = 1; Math.abs(term) > 1e-17 * sum; n++) {
    term *= (z * z) / (2 * n + 1);
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI);
}
