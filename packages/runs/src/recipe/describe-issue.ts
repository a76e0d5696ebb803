import { closestNames } from '@dmnn/foundation';
import type { z } from 'zod';
import { knownKeys } from './known-keys.js';

/**
 * What is wrong with plain data, in words: where, what was expected, what came.
 *
 * @param value - the data that were checked
 * @returns one line; for unknown keys one each, with the nearest known one
 */
export function describeIssue(issue: z.core.$ZodIssue, schema: z.ZodType, value: unknown): string[] {
  const at = issue.path.map(String).join('.');
  if (issue.code !== 'unrecognized_keys') {
    const got = issue.path.reduce<unknown>(
      (within, key) => (within as Record<PropertyKey, unknown> | undefined)?.[key],
      value,
    );
    const text = got === undefined ? 'nothing' : JSON.stringify(got);
    const message =
      issue.code === 'custom'
        ? issue.message
        : `${issue.code === 'invalid_type' ? `expected ${issue.expected}` : issue.message}, got ${text}`;
    return [`${at === '' ? '' : `${at}: `}${message}`];
  }
  const candidates = knownKeys(schema, issue.path, value);
  return issue.keys.map((key) => {
    const [near] = closestNames(key, candidates);
    const remedy = near === undefined ? `known are ${candidates.join(', ')}` : `did you mean ${near}?`;
    return `${at === '' ? '' : `${at}.`}${key}: unknown key, ${remedy}`;
  });
}
