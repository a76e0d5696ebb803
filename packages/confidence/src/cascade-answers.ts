import { assertList, kindOf } from '@dmnn/foundation';
import type { ConfidenceMeasure } from './confidence-of.js';
import { type Logits, assertLogits, assertTemperature } from './logits.js';
import { type AnswerOptions, type Combination, type StageAnswer, nextAnswer } from './stage-answer.js';

/** A stage of a cascade, run on every image: a network, or an exit of one. */
export interface CascadeStage {
  readonly logits: Logits;
  /** @defaultValue 1 */
  readonly temperature?: number | undefined;
  /**
   * What this stage adds to the cost of an image that reaches it, in MACs, milliseconds or any other unit: one number, or
   * `[image]` if the stage itself is dynamic.
   */
  readonly cost: number | ArrayLike<number>;
}

/** What a cascade would answer for every image if it stopped after each of its stages, and what that would cost. */
export interface CascadeAnswers {
  readonly images: number;
  readonly classes: number;
  readonly by: ConfidenceMeasure;
  readonly combine: Combination;
  readonly stages: readonly {
    /** `[image]`. */
    readonly predicted: Int32Array;
    /** `[image]`. */
    readonly confidence: Float64Array;
    /** `[image]`: of this stage and all before it. */
    readonly cost: Float64Array;
  }[];
}

/**
 * What a cascade would answer after each of its stages, from the logits of all stages on all images: the plain data from
 * which thresholds are chosen and cascades are judged without running a network again.
 *
 * @param stages - in their order, at least one; all of the same images and classes
 * @throws TypeError or RangeError if stages differ in images or classes, logits are not finite, a cost is negative or missing
 * @example
 * ```ts
 * import { cascadeAnswers, runCascade } from '@dmnn/confidence';
 *
 * const small = { logits: { values: [2, 0, 0.1, 0], classes: 2 }, cost: 40 };
 * const large = { logits: { values: [3, 0, 0, 1], classes: 2 }, cost: 125 };
 * const answers = cascadeAnswers([small, large], { combine: 'last' });
 * const { predicted, meanCost } = runCascade(answers, [0.8]); // the second image goes on
 * console.log([...predicted], meanCost); // => [ 0, 1 ] 102.5
 * ```
 */
export function cascadeAnswers(stages: readonly CascadeStage[], options: AnswerOptions = {}): CascadeAnswers {
  const { by = 'probability', combine = 'last' } = options;
  assertList('stages', stages, 'a list of stages');
  const [first] = stages;
  if (first === undefined) throw new RangeError('stages: expected at least one, got none');
  const images = assertLogits('stages[0].logits', first.logits);
  const { classes } = first.logits;
  let answer: StageAnswer | undefined;
  let before = new Float64Array(images);
  const answers = stages.map(({ logits, temperature = 1, cost }, index) => {
    const name = `stages[${index}]`;
    const own = assertLogits(`${name}.logits`, logits);
    if (own !== images || logits.classes !== classes) {
      throw new RangeError(
        `${name}.logits: expected ${images} images of ${classes} classes as in stages[0], got ${own} of ${logits.classes}`,
      );
    }
    assertTemperature(`${name}.temperature`, temperature);
    answer = nextAnswer(answer, logits, temperature, { by, combine });
    before = added(before, cost, `${name}.cost`);
    return { predicted: answer.predicted, confidence: answer.confidence, cost: before };
  });
  return { images, classes, by, combine, stages: answers };
}

function added(before: Float64Array, cost: CascadeStage['cost'], name: string): Float64Array<ArrayBuffer> {
  if (typeof cost !== 'number') {
    assertList(name, cost, 'a number, or a list with one for each image');
    if (cost.length !== before.length)
      throw new RangeError(`${name}: expected one for each of ${before.length} images, got ${cost.length}`);
  }
  return Float64Array.from(before, (sum, image) => {
    const own = typeof cost === 'number' ? cost : (cost[image] as number);
    if (Number.isFinite(own) && own >= 0) return sum + own;
    throw new RangeError(`${name}: expected numbers ≥ 0, got ${kindOf(own)} for image ${image}`);
  });
}

/** The mean of numbers. */
export function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (const value of Array.from(values)) sum += value;
  return sum / values.length;
}
