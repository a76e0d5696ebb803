import { DmnnError, assertRecord, kindOf } from '@dmnn/foundation';
import { type CascadeAnswers, meanOf } from './cascade-answers.js';
import { assertLabels } from './logits.js';
import { runCascade, wrongAnswers } from './run-cascade.js';

/** Options of {@link thresholdsForBudget}. */
export interface ThresholdsForBudgetOptions {
  /** Highest mean cost of an image, in the unit of the stages' costs. */
  readonly budget: number;
  /** `[image]`: classes; needed with more than two stages, to choose between thresholds of equal cost. */
  readonly labels?: ArrayLike<number> | undefined;
}

/** Thresholds and their cost on the images that they were chosen on. */
export interface ChosenThresholds {
  /** One for each stage except the last. */
  readonly thresholds: readonly number[];
  readonly meanCost: number;
}

/** Thresholds of a stage that are tried, as shares of its images that stop, in a cascade of more than two stages. */
const TRIED_SHARES = 32;

/**
 * Finds thresholds whose mean cost on these images is as high as possible without exceeding a budget.
 *
 * With two stages the result is exact. With more, the thresholds before the last are tried at the 33 quantiles of their
 * confidence, one stage after the other, twice, each time with the last threshold that the budget allows; the fewest errors
 * decide, then the lower cost. A threshold lies half-way between the confidences of two images, so that rounding does not move
 * an image across it. Images of equal confidence go on together.
 *
 * @throws DmnnError `DMNN_BUDGET` if even the first stage alone costs more, with the lowest and highest cost
 * @throws RangeError if the budget is NaN, a label is not a class, or labels are missing with more than two stages
 * @example
 * ```ts
 * import { cascadeAnswers, thresholdsForBudget } from '@dmnn/confidence';
 *
 * const small = { logits: { values: [2, 0, 0.1, 0, 0, 1], classes: 2 }, cost: 40 };
 * const large = { logits: { values: [3, 0, 0, 1, 0, 4], classes: 2 }, cost: 120 };
 * const { thresholds, meanCost } = thresholdsForBudget(cascadeAnswers([small, large]), { budget: 90 });
 * console.log(thresholds[0]?.toFixed(3), meanCost); // => 0.628 80
 * ```
 */
export function thresholdsForBudget(
  answers: CascadeAnswers,
  options: ThresholdsForBudgetOptions,
): ChosenThresholds {
  assertRecord('options', options, 'an object with budget');
  const { budget, labels } = options;
  if (typeof budget !== 'number' || Number.isNaN(budget))
    throw new RangeError(`budget: expected a number, got ${kindOf(budget)}`);
  assertImages(answers);
  const { stages, images, classes } = answers;
  const [lowest, highest] = [stages[0], stages.at(-1)].map((stage) => meanOf(stage?.cost ?? []));
  if (budget < (lowest as number) * (1 - 1e-12))
    throw budgetError(budget, lowest as number, highest as number);
  if (labels) assertLabels(labels, images, classes);
  if (stages.length <= 2) return lastSolved(answers, [], budget) as ChosenThresholds;
  if (!labels) {
    throw new RangeError(
      'labels: expected those of the images, since thresholds of several stages can cost the same, got nothing',
    );
  }
  const tried = stages.slice(0, -2).map(({ confidence }) => quantiles(confidence));
  let fixed = tried.map(() => 0); // everything stops at the first stage: within any budget that is reachable
  let best = judged(answers, labels, lastSolved(answers, fixed, budget) as ChosenThresholds);
  for (let pass = 0; pass < 2; pass++) {
    for (const [stage, thresholds] of tried.entries()) {
      for (const threshold of thresholds) {
        const candidate = fixed.map((each, at) => (at === stage ? threshold : each));
        const solved = lastSolved(answers, candidate, budget);
        if (!solved) continue;
        const found = judged(answers, labels, solved);
        if (found.errors > best.errors || (found.errors === best.errors && found.meanCost >= best.meanCost))
          continue;
        best = found;
        fixed = candidate;
      }
    }
  }
  return { thresholds: best.thresholds, meanCost: best.meanCost };
}

interface Judged extends ChosenThresholds {
  readonly errors: number;
}

function judged(answers: CascadeAnswers, labels: ArrayLike<number>, chosen: ChosenThresholds): Judged {
  const { predicted } = runCascade(answers, chosen.thresholds);
  return { ...chosen, errors: wrongAnswers(predicted, labels).reduce((sum, each) => sum + each, 0) };
}

/**
 * The largest threshold of the stage before the last that the budget allows, after given ones for the stages before it.
 *
 * @returns undefined if the given ones alone exceed the budget
 */
function lastSolved(
  answers: CascadeAnswers,
  fixed: readonly number[],
  budget: number,
): ChosenThresholds | undefined {
  const { stages, images } = answers;
  const stopping = stages.at(-2);
  const last = stages.at(-1);
  if (!stopping || !last) return { thresholds: [], meanCost: meanOf(last?.cost ?? []) };
  const start = runCascade(answers, [...fixed, 0]);
  // sums of many costs may round: a budget equal to a cascade's cost must still allow it
  const affordable = budget * images * (1 + 1e-12);
  let spent = start.meanCost * images;
  if (spent > affordable) return undefined;
  const reaching = Array.from({ length: images }, (_, image) => image)
    .filter((image) => start.stage[image] === fixed.length)
    .sort((a, b) => (stopping.confidence[a] as number) - (stopping.confidence[b] as number));
  const confidenceAt = (position: number): number =>
    stopping.confidence[reaching[position] as number] as number;
  let going = 0;
  while (going < reaching.length && confidenceAt(going) < 1) {
    let end = going;
    let more = 0;
    while (end < reaching.length && confidenceAt(end) === confidenceAt(going)) {
      const image = reaching[end] as number;
      more += (last.cost[image] as number) - (stopping.cost[image] as number);
      end++;
    }
    if (spent + more > affordable) break;
    spent += more;
    going = end;
  }
  const threshold = thresholdBetween(
    going === 0 ? undefined : confidenceAt(going - 1),
    going === reaching.length ? undefined : confidenceAt(going),
  );
  return { thresholds: [...fixed, threshold], meanCost: spent / images };
}

/** A threshold between the confidences of the last image that goes on and of the first that stops. */
export function thresholdBetween(goesOn: number | undefined, stops: number | undefined): number {
  if (goesOn === undefined) return 0;
  if (stops === undefined) return 1;
  const middle = (goesOn + stops) / 2;
  return middle > goesOn ? middle : stops; // between two neighbouring numbers there is none
}

/** Thresholds at which shares of images stop, from all to none; equal ones once. */
function quantiles(confidence: Float64Array): number[] {
  const sorted = confidence.slice().sort();
  const inner = Array.from({ length: TRIED_SHARES - 1 }, (_, i) => {
    const at = Math.floor(((i + 1) * sorted.length) / TRIED_SHARES);
    return thresholdBetween(sorted[at - 1], sorted[at]);
  });
  return [...new Set([0, ...inner, 1])];
}

/** @throws RangeError if there are no images */
export function assertImages({ images }: CascadeAnswers): void {
  if (images > 0) return;
  throw new RangeError('answers: expected those of at least one image, got none');
}

/** No threshold meets the budget: the first stage alone costs more. */
function budgetError(budget: number, lowestCost: number, highestCost: number): DmnnError {
  return new DmnnError(
    'DMNN_BUDGET',
    `budget: expected a mean cost of at least ${lowestCost} (every image stops at the first stage; ${highestCost} through all), got ${budget}. Choose a larger budget, or a smaller first stage.`,
    { details: { budget, lowestCost, highestCost } },
  );
}
