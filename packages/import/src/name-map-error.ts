import { DmnnError, problemLines } from '@dmnn/foundation';

/**
 * A name map is invalid, or does not fit the architecture.
 *
 * @param problems - all problems, one per line: key, expected, got
 */
export function nameMapError(problems: readonly string[]): DmnnError {
  return new DmnnError(
    'DMNN_NAME_MAP',
    [
      'name map:',
      ...problemLines(problems),
      'Expected form: { "names": { "stem.unit0": ["conv1", "bn1"], "head.linear": "fc" }, "ignored": [] }.',
    ],
    { details: { problems } },
  );
}
