import { JsonError, parseJson, printable } from '@dmnn/foundation';
import { z } from 'zod';
import { MetricsError } from './metrics-error.js';
import { type LineProblem, summedLines } from './summed-lines.js';

/** What every line of `metrics.jsonl` has in common, whatever version wrote it. */
export interface MetricsLine {
  readonly kind: string;
  /** Optimiser steps done. */
  readonly step?: number | undefined;
  readonly clock?: { readonly time?: string | undefined } | undefined;
}

/** How a log is read. */
export interface ReadLinesOptions {
  /** Name of the file, for messages. @defaultValue 'metrics.jsonl' */
  readonly file?: string | undefined;
  /** Called with the lines that are damaged, which are left out. @defaultValue throws a MetricsError */
  readonly onProblems?: ((problems: readonly LineProblem[]) => void) | undefined;
}

/** A finished line that is intact: its value, without its checksum, and where it stands. */
export interface LogLine<T> {
  /** From 1. */
  readonly number: number;
  /** Where it begins in the file, in bytes. */
  readonly start: number;
  readonly value: T;
}

/**
 * The finished lines of a log, whole: text after the last line break is a line that is not finished, and left out.
 *
 * @throws MetricsError naming the lines, if one is damaged, or is not a JSON object with a `kind`
 */
export function metricsLines(bytes: Uint8Array, options: ReadLinesOptions = {}): MetricsLine[] {
  const schema: z.ZodType<MetricsLine> = z.looseObject({
    kind: z.string(),
    step: z.number().optional(),
    clock: z.looseObject({ time: z.string().optional() }).optional(),
  });
  const { lines, problems } = intactLines(bytes, (value) => problemOf(schema, value));
  reportProblems(problems, options);
  return lines.map(({ value }) => value as MetricsLine);
}

/**
 * The lines of a log that are intact, and what is wrong with the others.
 *
 * @param problemOf - what is wrong with a line's value; undefined if nothing is
 */
export function intactLines(
  bytes: Uint8Array,
  problemOf: (value: unknown) => string | undefined,
): {
  readonly lines: readonly LogLine<unknown>[];
  readonly problems: readonly LineProblem[];
  readonly end: number;
  readonly sum: number;
} {
  const summed = summedLines(bytes, 'clock');
  const lines: LogLine<unknown>[] = [];
  const problems = [...summed.problems];
  for (const line of summed.lines) {
    const { number, start } = line;
    const read = jsonOf(line.json);
    const problem = typeof read === 'string' ? read : problemOf(read.value);
    if (problem !== undefined) problems.push({ line: number, problem });
    // as it is: what zod returns has its keys in another order
    else if (typeof read !== 'string') lines.push({ number, start, value: read.value });
  }
  problems.sort((a, b) => a.line - b.line);
  return { lines, problems, end: summed.end, sum: summed.sum };
}

/** @throws MetricsError if there are problems and nothing is to be done with them */
export function reportProblems(
  problems: readonly LineProblem[],
  { file = 'metrics.jsonl', onProblems }: ReadLinesOptions,
): void {
  if (problems.length === 0) return;
  if (!onProblems) throw new MetricsError(file, problems);
  onProblems(problems);
}

/** The first thing in a value that is not as expected. */
export function problemOf(schema: z.ZodType, value: unknown): string | undefined {
  const [issue] = schema.safeParse(value).error?.issues ?? [];
  if (!issue) return undefined;
  const at = issue.path.length > 0 ? `${issue.path.map(String).join('.')}: ` : '';
  return printable(`${at}${issue.message}`);
}

/** The value of a line, or what is wrong with its text. */
function jsonOf(line: Uint8Array): { readonly value: unknown } | string {
  try {
    return { value: parseJson(line) };
  } catch (error) {
    const reason = error instanceof JsonError ? `: ${error.message}` : '';
    const start = new TextDecoder().decode(line).slice(0, 60);
    return `expected JSON, got ${JSON.stringify(start)}${reason}`;
  }
}
