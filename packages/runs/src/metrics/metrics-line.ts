import { JsonError, parseJson } from '@dmnn/foundation';
import { z } from 'zod';

/** What every line of `metrics.jsonl` has in common, whatever version wrote it. */
export interface MetricsLine {
  readonly kind: string;
  /** Optimiser steps done. */
  readonly step?: number | undefined;
  readonly clock?: { readonly time?: string | undefined } | undefined;
}

/**
 * The finished lines of a log, whole: text after the last line break is a line that is not finished, and left out.
 *
 * @throws SyntaxError naming the line, if one is not a JSON object with a `kind`
 */
export function metricsLines(bytes: Uint8Array): MetricsLine[] {
  const schema: z.ZodType<MetricsLine> = z.looseObject({
    kind: z.string(),
    step: z.number().optional(),
    clock: z.looseObject({ time: z.string().optional() }).optional(),
  });
  const lines = new TextDecoder().decode(bytes).split('\n').slice(0, -1);
  return lines.map((line, index) => {
    const value = jsonOf(index, line);
    assertLine(index, schema, value);
    return value; // as it is: what zod returns has its keys in another order
  });
}

/** @throws SyntaxError naming the line and the first thing in it that is not as expected */
export function assertLine<T>(index: number, schema: z.ZodType<T>, value: unknown): asserts value is T {
  const result = schema.safeParse(value);
  if (result.success) return;
  const [issue] = result.error.issues;
  const at = issue?.path.length ? `${issue.path.map(String).join('.')}: ` : '';
  throw new SyntaxError(
    `metrics.jsonl, line ${index + 1}: ${at}${issue?.message ?? 'expected a line of a log'}. Restore the file, or remove the line.`,
  );
}

function jsonOf(index: number, line: string): unknown {
  try {
    return parseJson(line);
  } catch (error) {
    const reason = error instanceof JsonError ? `: ${error.message}` : '';
    throw new SyntaxError(
      `metrics.jsonl, line ${index + 1}: expected JSON, got ${JSON.stringify(line.slice(0, 60))}${reason}.`,
      {
        cause: error,
      },
    );
  }
}
