import { DmnnError } from '@dmnn/foundation';

/**
 * Plain data that are no latency table, or another network's.
 *
 * @param problems - one line for each
 */
export function latencyTableError(problems: readonly string[]): DmnnError {
  return new DmnnError(
    'DMNN_LATENCIES',
    `latencies: ${problems.join('; ')}. Measure them again with measureLatencies.`,
    { details: { problems } },
  );
}
