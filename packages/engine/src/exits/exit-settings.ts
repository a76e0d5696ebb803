import { type ExitSettings, type StageAnswer, confidenceMeasures, nextAnswer } from '@dmnn/confidence';
import { engineError } from '../errors/engine-error.js';
import { assertSettings } from './assert-settings.js';

/** What is to happen at exits: images stop as settings say, or all exits and the head are run. */
export type ExitChoice = ExitSettings | 'all';

/** What a network's stages said of an image, see `EngineInference`. */
interface StageInference {
  readonly stage: number;
  readonly stageLogits: readonly Float32Array[];
  readonly confidence?: number;
  readonly probabilities?: Float64Array;
}

/**
 * A choice as the core takes it: the measure, whether means answer, stages before, a temperature and a threshold for each
 * exit, and what was answered before.
 *
 * @throws DmnnError `DMNN_ENGINE` if it is not one for so many exits and classes
 */
export function exitNumbers(choice: ExitChoice, exits: number, classes: number): Float64Array {
  const given: unknown = choice;
  if (exits === 0) {
    throw engineError('exits: expected a network with exits, got one without', 'Leave the option out.');
  }
  // a threshold above 1 stops nothing
  if (given === 'all')
    return Float64Array.from([0, 0, 0, ...Array.from({ length: exits }, () => [1, 2]).flat()]);
  assertSettings('exits', given, exits + 1, {
    temperatures: 'one for each exit and one for the head',
    thresholds: 'one for each exit',
  });
  const { by, combine, temperatures, thresholds, previous }: ExitSettings = given;
  const before = previousNumbers(previous, classes);
  return Float64Array.from([
    confidenceMeasures.indexOf(by),
    Number(combine === 'mean'),
    previous?.stages ?? 0,
    ...thresholds.flatMap((threshold, e) => [temperatures[e] as number, threshold]),
    ...before,
  ]);
}

/** What a choice makes of the logits of the stages that ran, each of which is finite. */
export function stageInference(choice: ExitChoice, stageLogits: readonly Float32Array[]): StageInference {
  const stage = stageLogits.length - 1;
  if (choice === 'all') return { stage, stageLogits };
  const { by, combine, temperatures, previous }: ExitSettings = choice;
  const { confidence, probabilities } = stageLogits.reduce<StageAnswer | undefined>(
    (before, values, at) =>
      nextAnswer(before, { values, classes: values.length }, temperatures[at] as number, { by, combine }),
    previous,
  ) as StageAnswer;
  return { stage, stageLogits, confidence: confidence[0] as number, probabilities };
}

function previousNumbers(
  previous: StageAnswer | undefined,
  classes: number,
): ArrayLike<number> & Iterable<number> {
  if (previous === undefined) return [];
  const { stages, probabilities } = previous;
  if (Number.isSafeInteger(stages) && stages > 0 && probabilities.length === classes) return probabilities;
  throw engineError(
    `exits.previous: expected the answer for one image of ${classes} classes, got ${probabilities.length} probabilities after ${String(stages)} stages`,
    'Pass what nextAnswer of @dmnn/confidence gives for this image.',
  );
}
