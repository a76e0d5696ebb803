import { assertRecord, kindOf } from '@dmnn/foundation';
import { type CascadeAnswers, meanOf } from './cascade-answers.js';
import { assertLabels } from './logits.js';
import { wrongAnswers } from './run-cascade.js';
import { assertImages } from './thresholds-for-budget.js';

/** A system without choice: the same for every image. */
export interface FixedSystem {
  /** `[image]`: its answers. */
  readonly predicted: ArrayLike<number>;
  /** Mean cost of an image, in the unit of the stages' costs. */
  readonly meanCost: number;
}

/** Options of {@link randomControl}. */
export interface RandomControlOptions {
  /** `[image]`: classes. */
  readonly labels: ArrayLike<number>;
  /** The mean cost of the cascade that is compared. */
  readonly meanCost: number;
  /** Systems that the control may use as well, such as a later network alone, without those before it. */
  readonly others?: readonly FixedSystem[] | undefined;
}

/** The best that images chosen at random reach at a mean cost. */
export interface RandomControl {
  /** `[image]`: probability that the control is wrong, over its random choice. */
  readonly wrong: Float64Array;
  readonly errorPercent: number;
  /** At most the given one; less where spending more does not help. */
  readonly meanCost: number;
  /**
   * What it consists of: at most two systems. A `system` is the index of a stage after which all images stop, or, from the
   * number of stages on, of one of `others`.
   */
  readonly mix: readonly { readonly system: number; readonly share: number }[];
}

/**
 * The control of a cascade: what a choice that knows nothing of the images reaches at the same mean cost. A random share of
 * the images goes on, the rest stops; of all such mixtures that cost no more, the one with the fewest errors on these very
 * images, which favours the control. Its errors are expectations in closed form, so no random numbers are drawn.
 *
 * A cascade that is not better than this is no better than static networks.
 *
 * @throws RangeError if there are no images, a label is not a class, or the mean cost is below that of every system
 * @example
 * ```ts
 * import { cascadeAnswers, randomControl } from '@dmnn/confidence';
 *
 * const small = { logits: { values: [1, 0, 1, 0, 1, 0, 1, 0], classes: 2 }, cost: 40 }; // always class 0
 * const large = { logits: { values: [3, 0, 3, 0, 0, 3, 0, 3], classes: 2 }, cost: 120 };
 * const control = randomControl(cascadeAnswers([small, large]), { labels: [0, 0, 1, 1], meanCost: 100 });
 * console.log(control.errorPercent, [...control.wrong]); // => 25 [ 0, 0, 0.5, 0.5 ]
 * ```
 */
export function randomControl(answers: CascadeAnswers, options: RandomControlOptions): RandomControl {
  assertRecord('options', options, 'an object with labels and meanCost');
  const { labels, meanCost, others = [] } = options;
  assertImages(answers);
  assertLabels(labels, answers.images, answers.classes);
  if (typeof meanCost !== 'number' || Number.isNaN(meanCost))
    throw new RangeError(`meanCost: expected a number, got ${kindOf(meanCost)}`);
  const systems = [
    ...answers.stages.map(({ predicted, cost }) => ({ predicted, meanCost: meanOf(cost) })),
    ...others,
  ].map(({ predicted, meanCost: cost }, index) => {
    if (predicted.length !== answers.images) {
      throw new RangeError(
        `others[${index - answers.stages.length}].predicted: expected one for each of ${answers.images} images, got ${predicted.length}`,
      );
    }
    const wrong = wrongAnswers(predicted, labels);
    return { system: index, wrong, cost, error: meanOf(wrong) };
  });
  const cheapest = Math.min(...systems.map(({ cost }) => cost));
  const limit = meanCost * (1 + 1e-12);
  const within = systems.filter(({ cost }) => cost <= limit);
  if (within.length === 0)
    throw new RangeError(`meanCost: expected at least ${cheapest}, the cheapest system's, got ${meanCost}`);
  let best: Mixture | undefined;
  for (const low of within) {
    for (const high of systems) {
      // of two systems, the share of the dearer one that the cost allows
      const share = high.cost <= limit ? 1 : (meanCost - low.cost) / (high.cost - low.cost);
      const error = (1 - share) * low.error + share * high.error;
      const cost = (1 - share) * low.cost + share * high.cost;
      if (best && (error > best.error || (error === best.error && cost >= best.cost))) continue;
      best = { low, high, share, error, cost };
    }
  }
  const { low, high, share, error, cost } = best as Mixture;
  return {
    wrong: Float64Array.from(
      low.wrong,
      (each, image) => (1 - share) * each + share * (high.wrong[image] as number),
    ),
    errorPercent: 100 * error,
    meanCost: cost,
    mix: [
      { system: low.system, share: 1 - share },
      { system: high.system, share },
    ].filter((part) => part.share > 0),
  };
}

interface System {
  readonly system: number;
  readonly wrong: Uint8Array;
  readonly cost: number;
  readonly error: number;
}

interface Mixture {
  readonly low: System;
  readonly high: System;
  readonly share: number;
  readonly error: number;
  readonly cost: number;
}
