import { UsageError } from '../terminal/usage-error.js';

/** What a whole-number option accepts. */
export interface IntegerRange {
  readonly min: number;
  /** @defaultValue no limit */
  readonly max?: number;
  /** For the message: `pixels`. */
  readonly unit?: string;
}

/**
 * A parser of an option's value for commander.
 *
 * @param option - as typed: `--image-size`
 * @returns throws UsageError: `--image-size: expected an integer >= 32 (pixels), got 8`
 */
export function integerOption(option: string, range: IntegerRange): (value: string) => number {
  const { min, max = Number.MAX_SAFE_INTEGER, unit } = range;
  const bounds = range.max === undefined ? `>= ${min}` : `from ${min} to ${max}`;
  return (value) => {
    const number = /^[+-]?\d+$/.test(value) ? Number(value) : Number.NaN;
    if (number >= min && number <= max) return number;
    throw new UsageError(
      `${option}: expected an integer ${bounds}${unit === undefined ? '' : ` (${unit})`}, got ${value}`,
    );
  };
}

/** What an option for a number accepts: anything above one bound, up to the other. */
export interface NumberRange {
  readonly above: number;
  readonly max: number;
}

/**
 * A parser of an option that takes any number, not a whole one alone.
 *
 * @param option - as typed: `--width`
 * @returns throws UsageError: `--width: expected a number above 0, at most 1, got 2`
 */
export function numberOption(option: string, { above, max }: NumberRange): (value: string) => number {
  return (value) => {
    const number = value.trim() === '' ? Number.NaN : Number(value);
    if (number > above && number <= max) return number;
    throw new UsageError(`${option}: expected a number above ${above}, at most ${max}, got ${value}`);
  };
}
