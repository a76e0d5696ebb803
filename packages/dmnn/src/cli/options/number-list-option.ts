import { UsageError } from '../terminal/usage-error.js';

/** What a list of numbers accepts. */
export interface NumberListRange {
  readonly min: number;
  /** @defaultValue no limit */
  readonly max?: number;
  /** @defaultValue false */
  readonly whole?: boolean;
}

/**
 * A parser of an option that takes numbers with commas between them.
 *
 * @param option - as typed: `--open-shares`
 * @returns throws UsageError: `--open-shares: expected numbers from 0 to 1, with commas between, got 0.5,2`
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
    throw new UsageError(
      `${option}: expected ${whole ? 'integers' : 'numbers'} ${bounds}, with commas between, got ${value}`,
    );
  };
}
