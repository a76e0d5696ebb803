import { assertLine, metricsLines } from './metrics-line.js';
import type { MetricsRecord } from './metrics-record.js';
import { metricsSchemas } from './metrics-schema.js';

/**
 * The finished lines of a run's `metrics.jsonl`, checked. Logs of other versions are read too: keys that are unknown here
 * are kept, keys that came later are absent, and a line of an unknown kind becomes an `UnknownRecord`.
 *
 * @param bytes - the file; text after the last line break is not a finished line, and left out
 * @throws SyntaxError naming the line, if one is not JSON or lacks what its kind has
 * @example
 * ```ts
 * import { parseMetrics } from '@dmnn/runs';
 *
 * const log = '{"kind":"environment","step":8,"differences":["threads: 2 then, 4 now"]}\n{"kind":"later","x":1}\n{"ki';
 * console.log(parseMetrics(new TextEncoder().encode(log)).map(({ kind }) => kind)); // => [ 'environment', 'unknown' ]
 * ```
 */
export function parseMetrics(bytes: Uint8Array): MetricsRecord[] {
  const schemas = metricsSchemas();
  const isKnown = (kind: string): kind is keyof typeof schemas => Object.hasOwn(schemas, kind);
  return metricsLines(bytes).map((line, index) => {
    if (!isKnown(line.kind)) return { kind: 'unknown', line };
    const known: unknown = line;
    assertLine(index, schemas[line.kind], known);
    return known;
  });
}
