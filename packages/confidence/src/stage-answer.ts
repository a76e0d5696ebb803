import { kindOf } from '@dmnn/foundation';
import { type ConfidenceMeasure, confidenceOfProbabilities } from './confidence-of.js';
import type { Logits } from './logits.js';
import { probabilities } from './probabilities.js';

/** Which probabilities answer for an image: the last stage's alone, or the mean of all stages that ran. */
export const combinations = ['last', 'mean'] as const;

/** One of {@link combinations}. */
export type Combination = (typeof combinations)[number];

/** How the stages of a cascade answer. */
export interface AnswerOptions {
  /** @defaultValue 'probability' */
  readonly by?: ConfidenceMeasure | undefined;
  /** @defaultValue 'last' */
  readonly combine?: Combination | undefined;
}

/** What a cascade answers for images after one of its stages. */
export interface StageAnswer {
  /** `[image · classes + class]`: of the last stage, or the mean. */
  readonly probabilities: Float64Array;
  /** Stages that these probabilities are of. */
  readonly stages: number;
  /** `[image]`: the likeliest class; the first of equals. */
  readonly predicted: Int32Array;
  /** `[image]`: how sure the cascade is of it, from 0 to 1. */
  readonly confidence: Float64Array;
}

/**
 * What a cascade answers for images after one more stage: the step by which {@link cascadeAnswers} works, for those who run
 * later stages only for the images that go on.
 *
 * @param previous - the answer for the same images before this stage; undefined for the first stage
 * @param logits - of this stage
 * @param temperature - of this stage
 * @throws RangeError if logits are incomplete or not finite, of other images or classes than before, or an option is out of
 *   range
 * @example
 * ```ts
 * import { nextAnswer } from '@dmnn/confidence';
 *
 * const first = nextAnswer(undefined, { values: [Math.log(3), 0], classes: 2 }, 1, { combine: 'mean' });
 * const both = nextAnswer(first, { values: [0, Math.log(4)], classes: 2 }, 1, { combine: 'mean' });
 * console.log(first.predicted[0], both.predicted[0], both.confidence[0]?.toFixed(3)); // => 0 1 0.525
 * ```
 */
export function nextAnswer(
  previous: StageAnswer | undefined,
  logits: Logits,
  temperature: number,
  options: AnswerOptions = {},
): StageAnswer {
  const { by = 'probability', combine = 'last' } = options;
  assertCombination(combine);
  const own = probabilities(logits, temperature);
  if (previous && previous.probabilities.length !== own.length) {
    throw new RangeError(
      `logits: expected those of the ${previous.predicted.length} images before, got ${own.length / logits.classes} images of ${logits.classes} classes`,
    );
  }
  const stages = (previous?.stages ?? 0) + 1;
  if (previous && combine === 'mean') {
    for (let i = 0; i < own.length; i++) {
      const before = previous.probabilities[i] as number;
      own[i] = before + ((own[i] as number) - before) / stages;
    }
  }
  return {
    probabilities: own,
    stages,
    predicted: likeliestClasses(own, logits.classes),
    confidence: confidenceOfProbabilities(own, logits.classes, by),
  };
}

function likeliestClasses(values: Float64Array, classes: number): Int32Array {
  return Int32Array.from({ length: values.length / classes }, (_, image) => {
    let best = 0;
    for (let c = 1; c < classes; c++) {
      if ((values[image * classes + c] as number) > (values[image * classes + best] as number)) best = c;
    }
    return best;
  });
}

/** @throws RangeError unless there is such a combination */
function assertCombination(combine: unknown): asserts combine is Combination {
  if (combinations.some((each) => each === combine)) return;
  const got = typeof combine === 'string' ? `'${combine}'` : kindOf(combine);
  throw new RangeError(`combine: expected 'last' or 'mean', got ${got}`);
}
