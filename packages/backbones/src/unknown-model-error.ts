import { DmnnError } from '@dmnn/foundation';

/**
 * A model name fits no pattern of the zoo.
 *
 * @param suggestions - similar names of the zoo, nearest first; may be empty
 */
export function unknownModelError(
  model: string,
  suggestions: readonly string[],
  patterns: readonly string[],
): DmnnError {
  const meant = suggestions.length > 0 ? ` Did you mean ${suggestions.join(', ')}?` : '';
  return new DmnnError(
    'DMNN_UNKNOWN_MODEL',
    `model: expected a name of the zoo, got '${model.slice(0, 100)}'.${meant} Names are ${patterns.join(', ')}.`,
    { details: { model, suggestions } },
  );
}
