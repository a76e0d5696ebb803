import { assertRecord } from '@dmnn/foundation';
import { type CascadeAnswers, type CascadeStage, cascadeAnswers } from './cascade-answers.js';
import type { ConfidenceMeasure } from './confidence-of.js';
import { fitTemperature } from './fit-temperature.js';
import { assertLabels } from './logits.js';
import { runCascade, wrongAnswers } from './run-cascade.js';
import { type Combination, combinations } from './stage-answer.js';
import { thresholdsForBudget } from './thresholds-for-budget.js';
import { thresholdsForDrop } from './thresholds-for-drop.js';

/** What a cascade aims at: a mean cost, or a largest loss of accuracy. */
export type CascadeAim =
  | { readonly budget: number }
  /** Points of top-1 accuracy, against all stages run on every image. */
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
  /** @defaultValue the one with fewer errors on these images; `mean` if equal */
  readonly combine?: Combination | undefined;
}

/** A stage before its temperature is known. */
export type UncalibratedStage = Omit<CascadeStage, 'temperature'>;

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
  const tried = combine === undefined ? combinations : [combine];
  const found = tried.map((each) => {
    const settings = { by, combine: each, temperatures };
    const answers = answersWith(stages, settings);
    assertLabels(labels, answers.images, answers.classes);
    const { thresholds } =
      'budget' in aim
        ? thresholdsForBudget(answers, { budget: aim.budget, labels })
        : thresholdsForDrop(answers, { drop: aim.drop, labels });
    const { predicted } = runCascade(answers, thresholds);
    const errors = wrongAnswers(predicted, labels).reduce((sum, wrong) => sum + wrong, 0);
    return { settings: { ...settings, thresholds }, errors };
  });
  return found.reduce((best, each) => (each.errors <= best.errors ? each : best)).settings;
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
