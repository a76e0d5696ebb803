import { Option } from 'commander';
import { closestNames } from '@dmnn/foundation';
import { backendChoices } from '../terminal/start-backend.js';
import { usageError } from '../terminal/usage-error.js';

/** `--json`: the result as one JSON value on standard output, errors as one on standard error. */
export function jsonOption(): Option {
  return new Option('--json', 'print one JSON value instead of text');
}

/** `--verbose`: what a plan is about in full. */
export function verboseOption(): Option {
  return new Option('--verbose', 'with --dry-run: also print the whole recipe as JSON, before the plan');
}

/** Refuses options that only a plan takes. @throws DmnnError `DMNN_USAGE` */
export function assertDryRunOptions({
  dryRun,
  verbose,
}: {
  readonly dryRun?: boolean | undefined;
  readonly verbose?: boolean | undefined;
}): void {
  if (verbose && !dryRun) throw usageError('--verbose: expected with --dry-run, whose plan it adds to.');
}

/** `--backend`: the backend to compute with; by default the best that works. */
export function backendOption(whatElse: string): Option {
  return new Option(
    '--backend <name>',
    `backend to compute with, without fallback: ${backendChoices.join(', ')} (default: ${whatElse})`,
  ).argParser(choiceOption('--backend', backendChoices));
}

const checkpoints = ['best', 'latest'] as const;

/** Which checkpoint of a run. */
export type CheckpointChoice = (typeof checkpoints)[number];

/** `--checkpoint`: the best if it is not given, so that a cascade, which has its own, can refuse it. */
export function checkpointOption(): Option {
  return new Option(
    '--checkpoint <which>',
    'checkpoint of the run: best or latest (default: best)',
  ).argParser(choiceOption('--checkpoint', checkpoints));
}

/** `--workers`: how many threads decode images. */
export function workersOption(): Option {
  return new Option(
    '--workers <threads>',
    'threads that decode images (default: one less than the cores)',
  ).argParser(integerOption('--workers', { min: 0 }));
}

/** `--bad-images`: how many undecodable images a command skips before it stops. */
export function badImagesOption(): Option {
  return new Option('--bad-images <images>', 'maximum number of damaged images to skip before stopping')
    .argParser(integerOption('--bad-images', { min: 0 }))
    .default(10);
}

/** Training images on which thresholds are found if `--calibration-images` is not given. */
export const usualCalibrationImages = 2000;

/** `--calibration-images`: number of images on which budget thresholds are found. */
export function calibrationImagesOption(): Option {
  return new Option(
    '--calibration-images <images>',
    `number of training images, not augmented, on which budget thresholds are found; of a control, on which gate patterns are chosen and batch norms estimated (default: ${usualCalibrationImages})`,
  ).argParser(integerOption('--calibration-images', { min: 1, unit: 'images' }));
}

/**
 * Parser of an option with a fixed set of values.
 *
 * @param option - as typed: `--backend`
 * @returns throws DmnnError `DMNN_USAGE` with the allowed and the nearest values
 */
export function choiceOption<Choice extends string>(
  option: string,
  choices: readonly Choice[],
): (value: string) => Choice {
  return (value) => {
    const choice = choices.find((each) => each === value);
    if (choice !== undefined) return choice;
    throw usageError(
      `${option}: expected ${choices.join(', ')}, got '${value}'.`,
      closestNames(value, choices),
    );
  };
}

/** Values that an integer option accepts. */
interface IntegerRange {
  readonly min: number;
  /** @defaultValue no limit */
  readonly max?: number;
  /** For the message: `pixels`. */
  readonly unit?: string;
}

/**
 * Parser of an option that takes an integer.
 *
 * @param option - as typed: `--image-size`
 * @returns throws DmnnError `DMNN_USAGE`: `--image-size: expected an integer >= 32 (pixels), got 8`
 */
export function integerOption(option: string, range: IntegerRange): (value: string) => number {
  const { min, max = Number.MAX_SAFE_INTEGER, unit } = range;
  const bounds = range.max === undefined ? `>= ${min}` : `from ${min} to ${max}`;
  return (value) => {
    const number = /^[+-]?\d+$/.test(value) ? Number(value) : Number.NaN;
    if (number >= min && number <= max) return number;
    throw usageError(
      `${option}: expected an integer ${bounds}${unit === undefined ? '' : ` (${unit})`}, got ${value}`,
    );
  };
}

/** Values that a number option accepts: above one bound, up to the other. */
interface NumberRange {
  readonly above: number;
  readonly max: number;
}

/**
 * Parser of an option that takes a real number.
 *
 * @param option - as typed: `--width`
 * @returns throws DmnnError `DMNN_USAGE`: `--width: expected a number above 0, at most 1, got 2`
 */
export function numberOption(option: string, { above, max }: NumberRange): (value: string) => number {
  return (value) => {
    const number = value.trim() === '' ? Number.NaN : Number(value);
    if (number > above && number <= max) return number;
    throw usageError(
      `${option}: expected a number above ${above}, at most ${max}, got ${value === '' ? 'nothing' : value}`,
    );
  };
}

/** Values that a list of numbers accepts. */
interface NumberListRange {
  readonly min: number;
  /** @defaultValue no limit */
  readonly max?: number;
  /** @defaultValue false */
  readonly whole?: boolean;
}

/**
 * Parser of an option that takes numbers separated by commas.
 *
 * @param option - as typed: `--open-shares`
 * @returns throws DmnnError `DMNN_USAGE`: `--open-shares: expected numbers from 0 to 1, with commas between, got 0.5,2`
 */
export function numberListOption(
  option: string,
  range: NumberListRange,
): (value: string) => readonly number[] {
  const { min, max = Infinity, whole = false } = range;
  const bounds = max === Infinity ? `>= ${min}` : `from ${min} to ${max}`;
  return (value) => {
    const numbers = value.split(',').map((word) => (word.trim() === '' ? NaN : Number(word)));
    const fits = (number: number) =>
      number >= min && number <= max && (!whole || Number.isSafeInteger(number));
    if (numbers.every(fits)) return numbers;
    throw usageError(
      `${option}: expected ${whole ? 'integers' : 'numbers'} ${bounds}, with commas between, got ${value}`,
    );
  };
}

/** Collects the values of an option that may be given more than once, for commander. */
export function repeated(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
