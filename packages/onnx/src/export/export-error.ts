import { DmnnError, problemLines } from '@dmnn/foundation';

/**
 * Creates the error for a network that cannot be exported.
 *
 * @param problems - all problems, one line each: name, expected and actual value
 */
export function exportError(what: string, problems: readonly string[], remedy: string): DmnnError {
  return new DmnnError('DMNN_EXPORT', [`${what}:`, ...problemLines(problems), remedy], {
    details: { problems },
  });
}
