/**
 * A map of names that is none, or not this architecture's. Lists all that is wrong with it.
 *
 * @example
 * ```ts
 * import { NameMapError, parseNameMap } from '@dmnn/import';
 *
 * try {
 *   parseNameMap('{"names": {"stem.unit0": 1}}');
 * } catch (error) {
 *   if (!(error instanceof NameMapError)) throw error;
 *   console.log(error.problems.length, error.code); // => 1 DMNN_NAME_MAP
 * }
 * ```
 */
export class NameMapError extends Error {
  override readonly name = 'NameMapError';
  /** Stable name of this kind of error. */
  readonly code = 'DMNN_NAME_MAP';
  /** One line each: key, what was expected, what came. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(
      `map of names:\n${problems.map((problem) => `  - ${problem}`).join('\n')}\n` +
        'Its form is { "names": { "stem.unit0": ["conv1", "bn1"], "head.linear": "fc" }, "ignored": [] }.',
    );
    this.problems = problems;
  }
}
