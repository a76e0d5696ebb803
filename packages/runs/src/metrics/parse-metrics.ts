import {
  type LogLine,
  type MetricsLine,
  type ReadLinesOptions,
  intactLines,
  problemOf,
  reportProblems,
} from './metrics-line.js';
import { z } from 'zod';
import type { MetricsRecord } from './metrics-record.js';
import { metricsSchemas } from './metrics-schema.js';
import type { LineProblem } from './summed-lines.js';

/**
 * The finished lines of a run's `metrics.jsonl`, checked. Logs of other versions are read too: keys that are unknown here
 * are kept, keys that came later are absent, and a line of an unknown kind becomes an `UnknownRecord`.
 *
 * @param bytes - the file; text after the last line break is not a finished line, and left out
 * @param options - what to do with damaged lines
 * @throws MetricsError naming the lines, if some were changed, removed or added since they were written, are not JSON, or lack
 *   what their kind has; with `onProblems` they are left out
 * @example
 * ```ts
 * import { parseMetrics } from '@dmnn/runs';
 *
 * const log = '{"kind":"environment","step":8,"differences":["threads: 2 then, 4 now"]}\n{"kind":"later","x":1}\n{"ki';
 * console.log(parseMetrics(new TextEncoder().encode(log)).map(({ kind }) => kind)); // => [ 'environment', 'unknown' ]
 * ```
 */
export function parseMetrics(bytes: Uint8Array, options: ReadLinesOptions = {}): MetricsRecord[] {
  const { lines, problems } = recordLines(bytes);
  reportProblems(problems, options);
  return lines.map(({ value }) => value);
}

/** The records of a log that are intact, with their places, and what is wrong with the other lines. */
export function recordLines(bytes: Uint8Array): {
  readonly lines: readonly LogLine<MetricsRecord>[];
  readonly problems: readonly LineProblem[];
  /** Where the text after the last line break begins, in bytes. */
  readonly end: number;
  /** What the next line's checksum goes on from. */
  readonly sum: number;
} {
  const schemas = metricsSchemas();
  const line = z.looseObject({ kind: z.string() });
  const isKnown = (kind: string): kind is keyof typeof schemas => Object.hasOwn(schemas, kind);
  const found = intactLines(bytes, (value) => {
    const problem = problemOf(line, value);
    if (problem !== undefined) return problem;
    const { kind } = value as MetricsLine;
    return isKnown(kind) ? problemOf(schemas[kind], value) : undefined;
  });
  const record = (value: MetricsLine): MetricsRecord =>
    isKnown(value.kind) ? (value as MetricsRecord) : { kind: 'unknown', line: value };
  return {
    ...found,
    lines: found.lines.map((each) => ({ ...each, value: record(each.value as MetricsLine) })),
  };
}
