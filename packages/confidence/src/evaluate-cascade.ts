import { assertRecord } from '@dmnn/foundation';
import { meanOf } from './cascade-answers.js';
import {
  type CascadeSettings,
  type ChooseSettingsOptions,
  type UncalibratedStage,
  answersWith,
  chooseSettings,
} from './choose-settings.js';
import { type FixedSystem, type RandomControl, randomControl } from './random-control.js';
import { runCascade, wrongAnswers } from './run-cascade.js';
import { nextAnswer } from './stage-answer.js';

/** A cascade measured on images with settings from elsewhere, and its control on the same images. */
export interface CascadeEvaluation {
  readonly settings: CascadeSettings;
  /** `[image]`, in the order of the images given. */
  readonly stage: Uint8Array;
  readonly predicted: Int32Array;
  readonly confidence: Float64Array;
  readonly cost: Float64Array;
  /** `[image]`: 1 where the answer is wrong. */
  readonly wrong: Uint8Array;
  readonly errorPercent: number;
  readonly meanCost: number;
  /** `[stage]`: share of the images that stopped there. */
  readonly shares: readonly number[];
  readonly control: RandomControl;
}

/**
 * Measures a cascade on images, and its control at the same mean cost: a random mixture of stopping everywhere, and of each
 * stage alone if that costs less.
 *
 * @param labels - `[image]`: classes
 * @throws RangeError for wrong logits, labels, costs or settings
 * @example
 * ```ts
 * import { evaluateCascade } from '@dmnn/confidence';
 *
 * const small = { logits: { values: [2, 0, 0.1, 0, 0, 1], classes: 2 }, cost: 40 };
 * const large = { logits: { values: [3, 0, 0, 1, 0, 4], classes: 2 }, cost: 120 };
 * const settings = { by: 'probability', combine: 'last', temperatures: [1, 1], thresholds: [0.7] } as const;
 * const { errorPercent, meanCost, control } = evaluateCascade([small, large], [0, 1, 1], settings);
 * console.log(errorPercent, meanCost, control.errorPercent.toFixed(1)); // => 0 80 16.7
 * ```
 */
export function evaluateCascade(
  stages: readonly UncalibratedStage[],
  labels: ArrayLike<number>,
  settings: CascadeSettings,
): CascadeEvaluation {
  assertRecord('settings', settings, 'settings of chooseSettings');
  const answers = answersWith(stages, settings);
  const outcome = runCascade(answers, settings.thresholds);
  const wrong = wrongAnswers(outcome.predicted, labels);
  const control = randomControl(answers, { labels, meanCost: outcome.meanCost, others: alone(stages) });
  return { settings, ...outcome, wrong, errorPercent: 100 * meanOf(wrong), control };
}

/** Each stage after the first as a network of its own. */
function alone(stages: readonly UncalibratedStage[]): FixedSystem[] {
  return stages.slice(1).map(({ logits, cost, aloneCost = cost }) => ({
    predicted: nextAnswer(undefined, logits, 1).predicted,
    meanCost: typeof aloneCost === 'number' ? aloneCost : meanOf(aloneCost),
  }));
}

/** A cascade measured both ways round on two halves of the same images. */
export interface HalvesEvaluation {
  /** `[half]`: measured on images 0, 2, 4, … with settings from 1, 3, 5, …, and the other way round. */
  readonly halves: readonly [CascadeEvaluation, CascadeEvaluation];
  /** `[image]`, in the order of all images. */
  readonly stage: Uint8Array;
  readonly confidence: Float64Array;
  readonly cost: Float64Array;
  readonly wrong: Uint8Array;
  /** `[image]`: probability that the control is wrong. */
  readonly controlWrong: Float64Array;
  /** Mean of both ways round. */
  readonly errorPercent: number;
  readonly meanCost: number;
  readonly controlErrorPercent: number;
}

/**
 * Chooses a cascade's settings on one half of the images and measures it on the other, both ways round. Images of even and
 * odd index are the halves, so that classes are balanced even if the images stand in order of class.
 *
 * @throws as {@link chooseSettings} and {@link evaluateCascade}
 * @example
 * ```ts
 * import { evaluateByHalves } from '@dmnn/confidence';
 *
 * const labels = Array.from({ length: 120 }, (_, image) => image % 2);
 * const sure = (image: number, most: number): number[] => (labels[image] === 0 ? [most - (image % 4), 0] : [0, most - (image % 4)]);
 * const small = { logits: { values: labels.flatMap((_, image) => sure(image, 2.5)), classes: 2 }, cost: 40 };
 * const large = { logits: { values: labels.flatMap((_, image) => sure(image, 2.9)), classes: 2 }, cost: 120 };
 * const { halves, meanCost } = evaluateByHalves([small, large], { labels, aim: { budget: 70 } });
 * console.log(halves.length, meanCost <= 70); // => 2 true
 * ```
 */
export function evaluateByHalves(
  stages: readonly UncalibratedStage[],
  options: ChooseSettingsOptions,
): HalvesEvaluation {
  assertRecord('options', options, 'an object with labels and aim');
  const { labels } = options;
  const parts = [0, 1].map((half) => ({
    stages: stages.map((stage) => halfOf(stage, half)),
    labels: everySecond(labels, half),
  }));
  const measured = parts.map((part, half) => {
    const other = parts[1 - half] as (typeof parts)[number];
    const settings = chooseSettings(other.stages, { ...options, labels: other.labels });
    return evaluateCascade(part.stages, part.labels, settings);
  }) as [CascadeEvaluation, CascadeEvaluation];
  const [even, odd] = measured;
  const mean = (of: (each: CascadeEvaluation) => number): number => (of(even) + of(odd)) / 2;
  const images = labels.length;
  return {
    halves: measured,
    stage: Uint8Array.from(interleaved(measured, images, (each) => each.stage)),
    confidence: interleaved(measured, images, (each) => each.confidence),
    cost: interleaved(measured, images, (each) => each.cost),
    wrong: Uint8Array.from(interleaved(measured, images, (each) => each.wrong)),
    controlWrong: interleaved(measured, images, (each) => each.control.wrong),
    errorPercent: mean((each) => each.errorPercent),
    meanCost: mean((each) => each.meanCost),
    controlErrorPercent: mean((each) => each.control.errorPercent),
  };
}

function interleaved(
  halves: readonly CascadeEvaluation[],
  images: number,
  of: (each: CascadeEvaluation) => ArrayLike<number>,
): Float64Array {
  const values = halves.map(of);
  return Float64Array.from({ length: images }, (_, image) => values[image % 2]?.[image >> 1] as number);
}

function halfOf({ logits, cost, aloneCost }: UncalibratedStage, half: number): UncalibratedStage {
  const { values, classes } = logits;
  const images = everySecond({ length: Math.floor(values.length / classes) }, half).length;
  const part = new Float64Array(images * classes);
  for (let image = 0; image < images; image++) {
    for (let c = 0; c < classes; c++)
      part[image * classes + c] = values[(2 * image + half) * classes + c] as number;
  }
  return {
    logits: { values: part, classes },
    cost: typeof cost === 'number' ? cost : everySecond(cost, half),
    aloneCost:
      aloneCost === undefined || typeof aloneCost === 'number' ? aloneCost : everySecond(aloneCost, half),
  };
}

function everySecond(values: ArrayLike<number>, from: number): Float64Array {
  return Float64Array.from(
    { length: Math.ceil((values.length - from) / 2) },
    (_, i) => values[2 * i + from] as number,
  );
}
