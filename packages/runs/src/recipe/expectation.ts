import type { z } from 'zod';

/** What was expected, and where. */
interface Expectation {
  readonly path: readonly PropertyKey[];
  /** `one of masked, skipping`, `number ≥ 1`; the whole message of a custom check. */
  readonly text: string;
  /** Whether names are expected. */
  readonly names: boolean;
}

/** The expectation that a value failed. In a union, the ones of the options that match the value best, joined by "or". */
export function expectationOf(issue: z.core.$ZodIssue): Expectation {
  const { path } = issue;
  switch (issue.code) {
    case 'invalid_value':
      return { path, text: oneOf(issue.values), names: issue.values.some(isString) };
    case 'invalid_type':
      return { path, text: issue.expected === 'int' ? 'integer' : issue.expected, names: false };
    case 'too_small':
      return {
        path,
        text: limitText(issue.origin, issue.minimum, issue.inclusive ? '≥' : '>'),
        names: false,
      };
    case 'too_big':
      return {
        path,
        text: limitText(issue.origin, issue.maximum, issue.inclusive ? '≤' : '<'),
        names: false,
      };
    case 'invalid_union':
      return unionExpectation(issue);
    default:
      return { path, text: issue.message, names: false };
  }
}

function unionExpectation(issue: z.core.$ZodIssueInvalidUnion): Expectation {
  const { path, errors } = issue;
  // a discriminated union lists the values of its discriminator instead of an error for each option
  if ('options' in issue) return { path, text: oneOf(issue.options), names: true };
  const options = errors.flatMap(([first]) =>
    first ? [expectationOf({ ...first, path: [...path, ...first.path] })] : [],
  );
  // an option that fails further inside is the one that was meant
  const depth = Math.max(...options.map((option) => option.path.length));
  const [deepest, ...others] = options.filter((option) => option.path.length === depth);
  if (!deepest) return { path, text: issue.message, names: false };
  const all = [deepest, ...others];
  return {
    path: deepest.path,
    text: [...new Set(all.map(({ text }) => text))].join(' or '),
    names: all.some(({ names }) => names),
  };
}

function oneOf(values: readonly unknown[]): string {
  return values.length === 1 ? String(values[0]) : `one of ${values.map(String).join(', ')}`;
}

function limitText(origin: string, limit: number | bigint, relation: string): string {
  switch (origin) {
    case 'array':
      return `array of length ${relation} ${limit}`;
    case 'string':
      return `string of length ${relation} ${limit}`;
    default:
      return `${origin === 'int' ? 'integer' : origin} ${relation} ${limit}`;
  }
}

function isString(value: unknown): boolean {
  return typeof value === 'string';
}
