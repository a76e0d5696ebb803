import { DmnnError } from '@dmnn/foundation';

/**
 * Plain data that are no latency table, or another network's.
 *
 * @param problems - one line for each
 * @param remedy - what to do
 */
export function latencyTableError(
  problems: readonly string[],
  remedy = 'Measure them again with measureLatencies.',
): DmnnError {
  return new DmnnError('DMNN_LATENCIES', `latencies: ${problems.join('; ')}. ${remedy}`, {
    details: { problems },
  });
}
