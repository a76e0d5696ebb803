/** Returns the value if it is one of the choices; otherwise throws a RangeError with the argument and all choices. */
export function checkedChoice<T extends string | number>(name: string, value: T, choices: readonly T[]): T {
  if (choices.includes(value)) return value;
  const shown = typeof value === 'string' ? `'${value}'` : String(value);
  const listed = choices.map((choice) => (typeof choice === 'string' ? `'${choice}'` : String(choice)));
  throw new RangeError(`${name}: expected ${listed.join(' or ')}, got ${shown}.`);
}
