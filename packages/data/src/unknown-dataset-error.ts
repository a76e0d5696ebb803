import { DmnnError } from '@dmnn/foundation';

/**
 * An unknown data set.
 *
 * @param suggestions - the nearest existing forms; empty if none is near
 */
export function unknownDatasetError(
  spec: string,
  suggestions: readonly string[],
  known: readonly string[],
): DmnnError {
  const near = suggestions.length > 0 ? ` Did you mean ${suggestions.join(' or ')}?` : '';
  return new DmnnError(
    'DMNN_UNKNOWN_DATASET',
    `data: expected ${known.join(' or ')}, got ${JSON.stringify(spec)}.${near}`,
    { details: { spec, suggestions } },
  );
}
