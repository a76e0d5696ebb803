/** Passes a whole number from 1 through, or throws RangeError naming the argument. */
export function checkedWholeNumber(name: string, value: number, meaning: string): number {
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new RangeError(`${name}: expected a whole number from 1 (${meaning}), got ${String(value)}.`);
}
