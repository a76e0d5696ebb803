import {
  type CascadeSettings,
  type StageAnswer,
  combinations,
  confidenceMeasures,
  nextAnswer,
} from '@dmnn/confidence';
import { kindOf } from '@dmnn/foundation';
import { engineError } from '../errors/engine-error.js';

/** When an image stops at an exit, and what answers for it. */
export interface ExitSettings extends CascadeSettings {
  /**
   * What networks before this one have answered for the image, if this one goes on where they were not sure.
   *
   * @defaultValue none ran before
   */
  readonly previous?: StageAnswer | undefined;
}

/** What is to happen at exits: images stop as settings say, or all exits and the head are run. */
export type ExitChoice = ExitSettings | 'all';

/** What a network's stages said of an image, see `EngineInference`. */
interface StageInference {
  readonly stage: number;
  readonly stageLogits: readonly Float32Array[];
  readonly confidence?: number;
  readonly probabilities?: Float64Array;
}

const REMEDY = 'Pass what chooseSettings of @dmnn/confidence gives, or a saved cascade has.';

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
  if (typeof given !== 'object' || given === null) {
    const got = typeof given === 'string' ? `'${given}'` : kindOf(given);
    throw engineError(`exits: expected settings or 'all', got ${got}`, REMEDY);
  }
  const { by, combine, temperatures, thresholds, previous } = choice as ExitSettings;
  assertOneOf('exits.by', by, confidenceMeasures);
  assertOneOf('exits.combine', combine, combinations);
  assertNumbers('exits.temperatures', temperatures, exits + 1, 'one for each exit and one for the head', {
    holds: (each) => Number.isFinite(each) && each > 0,
    expected: 'a number above 0',
  });
  assertNumbers('exits.thresholds', thresholds, exits, 'one for each exit', {
    holds: (each) => each >= 0 && each <= 1,
    expected: 'a number from 0 to 1',
  });
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
  const { by, combine, temperatures, previous } = choice;
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

function assertOneOf(name: string, value: unknown, words: readonly string[]): void {
  if (typeof value === 'string' && words.includes(value)) return;
  const got = typeof value === 'string' ? `'${value}'` : kindOf(value);
  throw engineError(`${name}: expected ${words.join(', ')}, got ${got}`, REMEDY);
}

function assertNumbers(
  name: string,
  values: unknown,
  count: number,
  what: string,
  each: { readonly holds: (value: number) => boolean; readonly expected: string },
): void {
  if (!Array.isArray(values) || values.length !== count) {
    const got = Array.isArray(values) ? String(values.length) : kindOf(values);
    throw engineError(`${name}: expected ${count}, ${what}, got ${got}`, REMEDY);
  }
  const wrong = values.findIndex((value: unknown) => typeof value !== 'number' || !each.holds(value));
  if (wrong < 0) return;
  throw engineError(`${name}[${wrong}]: expected ${each.expected}, got ${kindOf(values[wrong])}`, REMEDY);
}
