import { assertRecord } from '@dmnn/foundation';
import { type CascadeAnswers, type CascadeStage, cascadeAnswers } from './cascade-answers.js';
import type { ConfidenceMeasure } from './confidence-of.js';
import { fitTemperature } from './fit-temperature.js';
import { assertLabels } from './logits.js';
import { runCascade, wrongAnswers } from './run-cascade.js';
import { type Combination, combinations } from './stage-answer.js';
import { thresholdsForBudget } from './thresholds-for-budget.js';
import { type ThresholdsForDrop, thresholdsForDrop } from './thresholds-for-drop.js';

/** What a cascade aims at: a mean cost, or a largest loss of accuracy. */
export type CascadeAim =
  | { readonly budget: number }
  /** Points of top-1 accuracy, against all stages run on every image: their mean or the last, whichever has fewer errors. */
  | { readonly drop: number };

/** Everything about a cascade that is chosen on images. */
export interface CascadeSettings {
  readonly by: ConfidenceMeasure;
  readonly combine: Combination;
  /** `[stage]`. */
  readonly temperatures: readonly number[];
  /** One for each stage except the last. */
  readonly thresholds: readonly number[];
}

/** Options of {@link chooseSettings}. */
export interface ChooseSettingsOptions {
  /** `[image]`: classes. */
  readonly labels: ArrayLike<number>;
  readonly aim: CascadeAim;
  /** @defaultValue 'probability' */
  readonly by?: ConfidenceMeasure | undefined;
  /**
   * @defaultValue with a budget the one with fewer errors on these images, `mean` if equal; with a loss of accuracy the one that
   *   costs less
   */
  readonly combine?: Combination | undefined;
}

/** A stage before its temperature is known. */
export type UncalibratedStage = Omit<CascadeStage, 'temperature'> & {
  /**
   * What an image costs that this stage alone answers, for the control: for an exit or a head all of its network until
   * there, since it cannot run without. @defaultValue `cost`, that of a network of its own
   */
  readonly aloneCost?: number | ArrayLike<number> | undefined;
};

/**
 * Chooses everything about a cascade on some images: a temperature for each stage, the thresholds and, unless given, whose
 * probabilities answer.
 *
 * @throws DmnnError `DMNN_CALIBRATION` for fewer than 50 images; DmnnError `DMNN_BUDGET` if no threshold reaches the budget
 * @throws RangeError for wrong logits, labels, costs or options
 * @example
 * ```ts
 * import { chooseSettings } from '@dmnn/confidence';
 *
 * const labels = Array.from({ length: 60 }, (_, image) => image % 2);
 * const sure = (image: number, most: number): number[] => (labels[image] === 0 ? [most - (image % 4), 0] : [0, most - (image % 4)]);
 * const small = { logits: { values: labels.flatMap((_, image) => sure(image, 2.5)), classes: 2 }, cost: 40 };
 * const large = { logits: { values: labels.flatMap((_, image) => sure(image, 2.9)), classes: 2 }, cost: 120 };
 * const { thresholds, temperatures } = chooseSettings([small, large], { labels, aim: { budget: 70 } });
 * console.log(thresholds.length, temperatures.length); // => 1 2
 * ```
 */
export function chooseSettings(
  stages: readonly UncalibratedStage[],
  options: ChooseSettingsOptions,
): CascadeSettings {
  assertRecord('options', options, 'an object with labels and aim');
  const { labels, aim, by = 'probability', combine } = options;
  assertRecord('aim', aim, 'an object with budget or drop');
  const temperatures = stages.map(({ logits }) => fitTemperature({ logits, labels }).temperature);
  const answersOf = new Map(
    combinations.map((each) => [each, answersWith(stages, { by, combine: each, temperatures })] as const),
  );
  const reference = 'drop' in aim ? bestOfAll([...answersOf.values()], labels) : undefined;
  const tried = combine === undefined ? combinations : [combine];
  const found = tried.map((each): Found => {
    const answers = answersOf.get(each) as CascadeAnswers;
    assertLabels(labels, answers.images, answers.classes);
    const chosen =
      'budget' in aim
        ? { ...thresholdsForBudget(answers, { budget: aim.budget, labels }), isMet: true }
        : metBy(aim.drop, thresholdsForDrop(answers, { drop: aim.drop, labels, reference }));
    const { thresholds, meanCost, isMet } = chosen;
    const { predicted } = runCascade(answers, thresholds);
    const errors = wrongAnswers(predicted, labels).reduce((sum, wrong) => sum + wrong, 0);
    return { settings: { by, combine: each, temperatures, thresholds }, meanCost, errors, isMet };
  });
  const isCheapest = 'drop' in aim;
  return found.reduce((best, each) => (isBetter(each, best, isCheapest) ? each : best)).settings;
}

interface Found {
  readonly settings: CascadeSettings;
  readonly meanCost: number;
  readonly errors: number;
  /** Whether it keeps to the aim. */
  readonly isMet: boolean;
}

function metBy(drop: number, chosen: ThresholdsForDrop): ThresholdsForDrop & { readonly isMet: boolean } {
  return { ...chosen, isMet: chosen.bound <= drop };
}

/** Within a budget the fewest errors count; within a loss of accuracy the lowest cost. */
function isBetter(one: Found, best: Found, isCheapest: boolean): boolean {
  if (one.isMet !== best.isMet) return one.isMet;
  if (isCheapest && one.isMet && one.meanCost !== best.meanCost) return one.meanCost < best.meanCost;
  return one.errors <= best.errors;
}

/** What all stages answer together, or the last of them alone: whatever has fewer errors. */
function bestOfAll(all: readonly CascadeAnswers[], labels: ArrayLike<number>): Int32Array | undefined {
  const errorsOf = ({ stages }: CascadeAnswers): number =>
    wrongAnswers(stages.at(-1)?.predicted ?? [], labels).reduce((sum, wrong) => sum + wrong, 0);
  const [first, ...others] = all;
  const best = others.reduce((one, each) => (one && errorsOf(each) >= errorsOf(one) ? one : each), first);
  return best?.stages.at(-1)?.predicted;
}

/**
 * The answers of stages at their temperatures.
 *
 * @example
 * ```ts
 * import { answersWith, runCascade } from '@dmnn/confidence';
 *
 * const small = { logits: { values: [2, 0, 0.1, 0, 0, 1], classes: 2 }, cost: 40 };
 * const large = { logits: { values: [3, 0, 0, 1, 0, 4], classes: 2 }, cost: 120 };
 * const answers = answersWith([small, large], { by: 'margin', combine: 'mean', temperatures: [2, 1.5] });
 * console.log(runCascade(answers, [1]).meanCost); // => 160
 * ```
 */
export function answersWith(
  stages: readonly UncalibratedStage[],
  { by, combine, temperatures }: Omit<CascadeSettings, 'thresholds'>,
): CascadeAnswers {
  return cascadeAnswers(
    stages.map((stage, index) => ({ ...stage, temperature: temperatures[index] })),
    { by, combine },
  );
}
