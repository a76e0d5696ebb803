import { DmnnError } from '@dmnn/foundation';

/**
 * A row id that is none of the paper's.
 *
 * @param suggestions - ids that look like it, nearest first; may be empty
 */
export function unknownRowError(id: string, suggestions: readonly string[]): DmnnError {
  const meant = suggestions.length > 0 ? ` Did you mean ${suggestions.join(', ')}?` : '';
  return new DmnnError(
    'DMNN_UNKNOWN_ROW',
    `row: expected the id of a row of the paper's tables, got '${id}'.${meant} List them with 'dmnn tables'.`,
    { details: { suggestions } },
  );
}
