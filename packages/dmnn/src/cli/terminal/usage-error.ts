import { DmnnError } from '@dmnn/foundation';

/**
 * A request that cannot be meant: an unknown option, a value out of range. The message says what was expected.
 *
 * @param suggestions - names near the one given, nearest first
 */
export function usageError(message: string, suggestions: readonly string[] = []): DmnnError {
  const meant = suggestions.length > 0 ? ` Did you mean ${suggestions.join(', ')}?` : '';
  return new DmnnError('DMNN_USAGE', `${message}${meant}`, { details: { suggestions } });
}
