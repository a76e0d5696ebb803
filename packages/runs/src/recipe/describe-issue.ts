import { closestNames } from '@dmnn/foundation';
import type { z } from 'zod';
import { expectationOf } from './expectation.js';
import { jsonSchemaOf, knownKeys } from './known-keys.js';

/**
 * Describes a problem with plain data as messages: "path: expected X, got Y".
 *
 * @param value - the data that were checked
 * @returns one message; for unknown keys one for each key, with the nearest known one
 */
export function describeIssue(issue: z.core.$ZodIssue, schema: z.ZodType, value: unknown): string[] {
  if (issue.code === 'unrecognized_keys') return unknownKeys(issue, schema, value);
  const { path, text, names } = expectationOf(issue);
  const at = path.length === 0 ? '' : `${path.map(String).join('.')}: `;
  if (issue.code === 'custom') return [`${at}${text}`];
  return [`${at}expected ${text}, got ${textOf(valueAt(value, path), names)}`];
}

function unknownKeys(issue: z.core.$ZodIssueUnrecognizedKeys, schema: z.ZodType, value: unknown): string[] {
  const at = issue.path.map((key) => `${String(key)}.`).join('');
  const candidates = knownKeys(jsonSchemaOf(schema), issue.path, value);
  return issue.keys.map((key) => {
    const [near] = closestNames(key, candidates);
    const remedy = near === undefined ? `known are ${candidates.join(', ')}` : `did you mean ${near}?`;
    return `${at}${key}: unknown key, ${remedy}`;
  });
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (within, key) => (within as Record<PropertyKey, unknown> | null | undefined)?.[key],
    value,
  );
}

/** @param asName - print a string without quotes, as the names that are expected are printed */
function textOf(got: unknown, asName: boolean): string {
  if (got === undefined) return 'nothing';
  const text = JSON.stringify(got);
  return asName && typeof got === 'string' && got !== '' ? text.slice(1, -1) : text;
}
