import { JsonError, type JsonValue, parseJsonMaps, printable } from '@dmnn/foundation';
import type { NameMap } from './name-map.js';
import { nameMapError } from './name-map-error.js';

/**
 * Parses a name map from JSON: `{ "names": { … }, "ignored": [ … ] }`; `ignored` is optional. Keys must be unique.
 *
 * @throws DmnnError `DMNN_NAME_MAP` listing all deviations from that form
 * @example
 * ```ts
 * import { parseNameMap } from '@dmnn/import';
 *
 * const { names } = parseNameMap('{"names": {"stem.unit0": ["conv1", "bn1"], "head.linear": "fc"}}');
 * console.log(Object.keys(names).length); // => 2
 * ```
 */
export function parseNameMap(json: string): NameMap {
  const value = parsed(json);
  if (!isObject(value)) throw nameMapError([`expected an object, got ${text(value)}`]);
  const problems = [...value.keys()]
    .filter((key) => key !== 'names' && key !== 'ignored')
    .map((key) => `expected names and ignored, got ${printable(key)}`);
  const names = readNames(value.get('names'), problems);
  const ignored = readIgnored(value.get('ignored'), problems);
  if (problems.length > 0) throw nameMapError(problems);
  return { names, ignored };
}

function parsed(json: string): JsonValue {
  try {
    return parseJsonMaps(json);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw nameMapError([error.message]);
  }
}

function readNames(value: JsonValue | undefined, problems: string[]): NameMap['names'] {
  if (!isObject(value) || value.size === 0) {
    problems.push(`names: expected an object of names, got ${text(value)}`);
    return {};
  }
  for (const [key, name] of value) {
    const pair = Array.isArray(name) && name.length === 2 ? (name as readonly JsonValue[]) : [name];
    if (pair.every((each) => typeof each === 'string' && each !== '')) continue;
    problems.push(`names.${printable(key)}: expected one name or a pair of them, got ${text(name)}`);
  }
  return Object.fromEntries(value) as NameMap['names'];
}

function readIgnored(value: JsonValue | undefined, problems: string[]): readonly string[] | undefined {
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.every((each) => typeof each === 'string' && each !== ''))
    return value as readonly string[];
  problems.push(`ignored: expected a list of names, got ${text(value)}`);
  return undefined;
}

function isObject(value: JsonValue | undefined): value is ReadonlyMap<string, JsonValue> {
  return value instanceof Map;
}

function text(value: JsonValue | undefined): string {
  if (value instanceof Map) return value.size === 0 ? 'an empty object' : 'an object';
  return value === undefined ? 'nothing' : printable(JSON.stringify(value));
}
