import { assertList } from '@dmnn/foundation';
import { type CascadeAnswers, meanOf } from './cascade-answers.js';
import { assertThreshold } from './confident.js';

/** Where each image stopped, and what that gave. */
export interface CascadeOutcome {
  /** `[image]`: the stage after which it stopped, from 0. */
  readonly stage: Uint8Array;
  /** `[image]`. */
  readonly predicted: Int32Array;
  /** `[image]`: at the stage where it stopped. */
  readonly confidence: Float64Array;
  /** `[image]`: of all stages that it went through. */
  readonly cost: Float64Array;
  /** Mean cost of an image. */
  readonly meanCost: number;
  /** `[stage]`: share of the images that stopped there. */
  readonly shares: readonly number[];
}

/**
 * Lets every image stop at the first stage that is sure enough of it: at least as sure as its threshold. All others go
 * through the last stage.
 *
 * @param thresholds - one for each stage except the last, from 0 (all stop) to 1
 * @throws RangeError if there are too few or too many, or one is outside 0 … 1
 * @example
 * ```ts
 * import { cascadeAnswers, runCascade } from '@dmnn/confidence';
 *
 * const small = { logits: { values: [2, 0, 0.1, 0, 0, 1], classes: 2 }, cost: 40 };
 * const large = { logits: { values: [3, 0, 0, 1, 0, 4], classes: 2 }, cost: 120 };
 * const { stage, meanCost, shares } = runCascade(cascadeAnswers([small, large]), [0.7]);
 * console.log([...stage], meanCost, shares[1]?.toFixed(2)); // => [ 0, 1, 0 ] 80 0.33
 * ```
 */
export function runCascade(answers: CascadeAnswers, thresholds: readonly number[]): CascadeOutcome {
  assertThresholds(thresholds, answers.stages.length);
  const { images, stages } = answers;
  const stage = new Uint8Array(images);
  const predicted = new Int32Array(images);
  const confidence = new Float64Array(images);
  const cost = new Float64Array(images);
  const counts = stages.map(() => 0);
  for (let image = 0; image < images; image++) {
    let at = 0;
    while (
      at < thresholds.length &&
      ((stages[at] as CascadeAnswers['stages'][number]).confidence[image] as number) <
        (thresholds[at] as number)
    )
      at++;
    const answer = stages[at] as CascadeAnswers['stages'][number];
    stage[image] = at;
    predicted[image] = answer.predicted[image] as number;
    confidence[image] = answer.confidence[image] as number;
    cost[image] = answer.cost[image] as number;
    counts[at] = (counts[at] as number) + 1;
  }
  return {
    stage,
    predicted,
    confidence,
    cost,
    meanCost: meanOf(cost),
    shares: counts.map((count) => count / images),
  };
}

/** @throws RangeError unless there is one threshold from 0 to 1 for each stage except the last */
function assertThresholds(thresholds: readonly number[], stages: number): void {
  assertList('thresholds', thresholds, 'a list of numbers');
  if (thresholds.length !== stages - 1) {
    throw new RangeError(
      `thresholds: expected ${stages - 1}, one for each stage except the last, got ${thresholds.length}`,
    );
  }
  for (const [index, threshold] of thresholds.entries()) assertThreshold(`thresholds[${index}]`, threshold);
}

/**
 * Which predictions are wrong.
 *
 * @returns `[image]`: 1 where the prediction differs from the label, otherwise 0
 * @example
 * ```ts
 * import { wrongAnswers } from '@dmnn/confidence';
 *
 * console.log([...wrongAnswers([3, 1, 2], [3, 1, 0])]); // => [ 0, 0, 1 ]
 * ```
 */
export function wrongAnswers(predicted: ArrayLike<number>, labels: ArrayLike<number>): Uint8Array {
  return Uint8Array.from({ length: labels.length }, (_, image) => Number(predicted[image] !== labels[image]));
}
