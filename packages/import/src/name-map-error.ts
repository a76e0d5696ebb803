import { DmnnError } from '@dmnn/foundation';

/**
 * A map of names that is none, or not this architecture's.
 *
 * @param problems - all that is wrong with it, one line each: key, what was expected, what came
 */
export function nameMapError(problems: readonly string[]): DmnnError {
  return new DmnnError(
    'DMNN_NAME_MAP',
    `map of names:\n${problems.map((problem) => `  - ${problem}`).join('\n')}\n` +
      'Its form is { "names": { "stem.unit0": ["conv1", "bn1"], "head.linear": "fc" }, "ignored": [] }.',
    { details: { problems } },
  );
}
