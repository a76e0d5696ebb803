import { closestNames } from '@dmnn/foundation';
import type { VariableSpec } from '@dmnn/weights';
import type { NameMap } from './name-map.js';
import { nameMapError } from './name-map-error.js';
import { type NamePattern, filledIn, namePattern } from './name-pattern.js';

/** One of our variables and the tensor it is imported from. */
export interface ResolvedName {
  readonly spec: VariableSpec;
  readonly source: string;
}

/** PyTorch's name of a variable, and whether it belongs to the convolution (0) or the batch norm (1). */
const leaves: { readonly [ours: string]: { readonly part: 0 | 1; readonly theirs: string } } = {
  weight: { part: 0, theirs: 'weight' },
  bias: { part: 0, theirs: 'bias' },
  gamma: { part: 1, theirs: 'weight' },
  beta: { part: 1, theirs: 'bias' },
  movingMean: { part: 1, theirs: 'running_mean' },
  movingVariance: { part: 1, theirs: 'running_var' },
};

interface Key {
  readonly text: string;
  readonly pattern: NamePattern;
  readonly value: string | readonly [string, string];
  used: boolean;
}

/**
 * Finds the tensor of every variable in a name map.
 *
 * @throws DmnnError `DMNN_NAME_MAP` listing variables without a name or with two, keys that match nothing, and
 * tensors that are named twice
 */
export function resolveNames(specs: readonly VariableSpec[], map: NameMap): ResolvedName[] {
  const problems: string[] = [];
  const keys = keysOf(map, problems);
  const resolved: ResolvedName[] = [];
  const owners = new Map<string, string>();
  for (const spec of specs) {
    try {
      const source = sourceOf(spec.name, keys);
      const owner = owners.get(source);
      if (owner === undefined) owners.set(source, spec.name);
      else
        problems.push(
          `${spec.name}: expected a tensor that no other variable has, got ${source}, which is also used for ${owner}`,
        );
      resolved.push({ spec, source });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      problems.push(`${spec.name}: ${error.message}`);
    }
  }
  const known = [...new Set(specs.flatMap(({ name }) => [pathOf(name).path, name]))];
  for (const { text, pattern, used } of keys) {
    if (used) continue;
    const [near] = pattern.exact ? closestNames(text, known, 1) : [];
    problems.push(
      `names: expected variables of this architecture or their paths, got ${text}, which matches none` +
        (near === undefined ? '' : `; did you mean ${near}?`),
    );
  }
  if (problems.length > 0) throw nameMapError(problems);
  return resolved;
}

function keysOf({ names }: NameMap, problems: string[]): Key[] {
  return Object.entries(names).flatMap(([text, value]): Key[] => {
    try {
      return [{ text, pattern: namePattern(text), value, used: false }];
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      problems.push(`names: ${error.message}`);
      return [];
    }
  });
}

/** @throws RangeError if not exactly one key matches, or its value does not fit */
function sourceOf(name: string, keys: readonly Key[]): string {
  const { path, leaf } = pathOf(name);
  const fitting = keys.flatMap((key) => {
    const whole = key.pattern.match(name);
    const numbers = whole ?? key.pattern.match(path);
    return numbers ? [{ key, numbers, whole: whole !== undefined }] : [];
  });
  for (const { key } of fitting) key.used = true;
  // the specific before the general: no placeholders before placeholders, a variable before a path
  const ranks = fitting.map(({ key, whole }) => (key.pattern.exact ? 0 : 2) + (whole ? 0 : 1));
  const meant = fitting.filter((_, i) => ranks[i] === Math.min(...ranks));
  const [first, second] = meant;
  if (!first) throw new RangeError(`expected a name in the map, for it or for ${path}, got none`);
  if (second) {
    throw new RangeError(`expected one matching key, got ${meant.map(({ key }) => key.text).join(' and ')}`);
  }
  const { key, numbers, whole } = first;
  if (whole) {
    if (typeof key.value === 'string') return filledIn(key.value, numbers);
    throw new RangeError(`expected the name of one tensor, got ${JSON.stringify(key.value)}`);
  }
  const { part, theirs } = leaves[leaf] ?? { part: 0, theirs: leaf };
  const parts: readonly string[] = typeof key.value === 'string' ? [key.value] : key.value;
  const place = parts[part];
  if (place !== undefined) return `${filledIn(place, numbers)}.${theirs}`;
  throw new RangeError(
    `expected the paths of convolution and batch norm, ["conv1", "bn1"], got ${JSON.stringify(key.value)}`,
  );
}

/** `stem.unit0.weight` is the `weight` of `stem.unit0`. */
function pathOf(name: string): { path: string; leaf: string } {
  const dot = name.lastIndexOf('.');
  return { path: name.slice(0, dot), leaf: name.slice(dot + 1) };
}
