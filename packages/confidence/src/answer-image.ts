import { assertList, assertRecord } from '@dmnn/foundation';
import type { CascadeSettings } from './choose-settings.js';
import { confident } from './confident.js';
import { type StageAnswer, nextAnswer } from './stage-answer.js';

/** When an image stops at an exit of a network, and what answers for it. */
export interface ExitSettings extends CascadeSettings {
  /**
   * What networks before this one have answered for the image, if this one goes on where they were not sure.
   *
   * @defaultValue none ran before
   */
  readonly previous?: StageAnswer | undefined;
}

/** What a network says of one image. */
export interface StagedOutputs {
  /** `[class]`: of the exit at which the image stopped, or of the head. */
  readonly logits: ArrayLike<number>;
  /** Of each stage that ran, in their order; may be absent if the network has no exits. */
  readonly stageLogits?: readonly ArrayLike<number>[] | undefined;
}

/** A network of a cascade that can be run on the image in question. */
export interface AnsweringPart<Outputs extends StagedOutputs> {
  /** Number of its exits. */
  readonly exits: number;
  /** Runs it. With settings, the image stops at the first exit that is sure enough; there are none without exits. */
  run(exits: ExitSettings | undefined): Promise<Outputs>;
}

/** A stage that an image went through, and what the cascade answers after it. */
export interface ReachedStage {
  /** Index of its network. */
  readonly part: number;
  /** Index of the exit; absent at the head. */
  readonly exit?: number;
  /** The image stops here if the answer is at least as sure; absent at the last stage. */
  readonly threshold?: number;
  /** The likeliest class. */
  readonly predicted: number;
  readonly confidence: number;
  /** `[class]`: of this stage, or the mean of all so far. */
  readonly probabilities: Float64Array;
}

/** What a cascade answers for one image. */
export interface ImageAnswer<Outputs extends StagedOutputs> {
  /** The stage that answered, from 0. */
  readonly stage: number;
  /** All stages that the image went through; the last one answers. */
  readonly stages: readonly ReachedStage[];
  /** What each network that ran gave. */
  readonly outputs: readonly Outputs[];
}

/**
 * Runs one image through a cascade: the next network runs only if the stages before were not sure enough.
 *
 * @param parts - in their order; each exit of a network, then its head, is a stage
 * @param settings - of all stages
 * @throws RangeError if settings do not fit the stages, or logits are not finite or of other classes; what a network throws
 * @example
 * ```ts
 * import { answerImage } from '@dmnn/confidence';
 *
 * const small = { exits: 0, run: async () => ({ logits: [0.2, 0.1] }) };
 * const large = { exits: 0, run: async () => ({ logits: [0, 3] }) };
 * const settings = { by: 'probability', combine: 'mean', temperatures: [1, 1], thresholds: [0.8] } as const;
 * const { stage, stages } = await answerImage([small, large], settings);
 * console.log(stage, stages.map(({ predicted, confidence }) => `${predicted}: ${confidence.toFixed(2)}`).join(', ')); // => 1 0: 0.52, 1: 0.71
 * ```
 */
export async function answerImage<Outputs extends StagedOutputs>(
  parts: readonly AnsweringPart<Outputs>[],
  settings: CascadeSettings,
): Promise<ImageAnswer<Outputs>> {
  assertList('parts', parts, 'a list of networks');
  assertRecord('settings', settings, 'an object with by, combine, temperatures and thresholds');
  const { by, combine, temperatures, thresholds } = settings;
  const count = parts.reduce((sum, { exits }) => sum + exits + 1, 0);
  if (count === 0 || temperatures.length !== count || thresholds.length !== count - 1) {
    throw new RangeError(
      `settings: expected a temperature for each stage and a threshold for each but the last of ${count}, got ${temperatures.length} and ${thresholds.length}`,
    );
  }
  const policies = thresholds.map((threshold) => confident({ threshold, by }));
  const stages: ReachedStage[] = [];
  const outputs: Outputs[] = [];
  let answer: StageAnswer | undefined;
  for (const [part, network] of parts.entries()) {
    const { exits } = network;
    const first = stages.length;
    const own: ExitSettings = {
      ...{ by, combine, previous: answer },
      temperatures: temperatures.slice(first, first + exits + 1),
      thresholds: thresholds.slice(first, first + exits),
    };
    const output = await network.run(exits > 0 ? own : undefined);
    outputs.push(output);
    for (const [at, values] of (output.stageLogits ?? [output.logits]).entries()) {
      const stage = first + at;
      answer = nextAnswer(answer, { values, classes: values.length }, temperatures[stage] as number, {
        by,
        combine,
      });
      const threshold = thresholds[stage];
      stages.push({
        part,
        ...(at < exits && { exit: at }),
        ...(threshold !== undefined && { threshold }),
        predicted: answer.predicted[0] as number,
        confidence: answer.confidence[0] as number,
        probabilities: answer.probabilities,
      });
    }
    const stopped = stages.at(-1);
    // a network that ended at an exit has decided so itself
    if (stopped?.exit !== undefined || policies[stages.length - 1]?.stops(stopped?.confidence ?? 0) === true)
      break;
  }
  return { stage: stages.length - 1, stages, outputs };
}
