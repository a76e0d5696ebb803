/** Tensors whose names are the expected ones after a prefix. */
export interface PrefixedSet {
  /** Ends in a dot, or is empty. */
  readonly prefix: string;
  /** Number of expected names among them. */
  readonly found: number;
}

const DEEPEST = 16; // parts of a prefix; a hostile name may have millions

/**
 * The prefixes after which expected names stand: `module.` of a model that was trained on several devices, `ema.` of
 * averaged weights.
 *
 * @param names - of the tensors in a file
 * @param expected - names without a prefix
 * @returns most names first, then the shorter prefix
 */
export function prefixedSets(names: Iterable<string>, expected: readonly string[]): PrefixedSet[] {
  const wanted = new Set(expected);
  const longest = Math.max(0, ...expected.map(({ length }) => length));
  const counts = new Map<string, number>();
  for (const name of names) {
    let from = 0;
    for (let parts = 0; parts <= DEEPEST; parts++) {
      if (name.length - from <= longest && wanted.has(name.slice(from))) {
        const prefix = name.slice(0, from);
        counts.set(prefix, (counts.get(prefix) ?? 0) + 1);
      }
      from = name.indexOf('.', from) + 1;
      if (from === 0) break;
    }
  }
  return [...counts]
    .map(([prefix, found]) => ({ prefix, found }))
    .sort((a, b) => b.found - a.found || a.prefix.length - b.prefix.length);
}

/**
 * Other sets of the same names than the one after `prefix`, each with at least half of them: raw weights and
 * averaged ones, a teacher and its student.
 */
export function otherSets(
  names: Iterable<string>,
  expected: readonly string[],
  prefix: string,
): PrefixedSet[] {
  const claimed = new Set(expected.map((name) => prefix + name));
  const others = [...names].filter((name) => !claimed.has(name));
  return prefixedSets(others, expected).filter(({ found }) => 2 * found >= expected.length);
}
