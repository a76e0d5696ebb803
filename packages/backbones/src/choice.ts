/** Passes one of the choices through, or throws RangeError naming the argument and all of them. */
export function checkedChoice<T extends string | number>(name: string, value: T, choices: readonly T[]): T {
  if (choices.includes(value)) return value;
  const shown = typeof value === 'string' ? `'${value}'` : String(value);
  const listed = choices.map((choice) => (typeof choice === 'string' ? `'${choice}'` : String(choice)));
  throw new RangeError(`${name}: expected ${listed.join(' or ')}, got ${shown}.`);
}
