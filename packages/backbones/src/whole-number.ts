/** Returns the value if it is an integer ≥ 1; otherwise throws a RangeError with the name of the argument. */
export function checkedWholeNumber(name: string, value: number, meaning: string): number {
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new RangeError(`${name}: expected an integer ≥ 1 (${meaning}), got ${String(value)}.`);
}
