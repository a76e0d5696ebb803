/** A network that cannot become a file. Lists everything that is wrong, not the first thing only. */
export class ExportError extends Error {
  override readonly name = 'ExportError';
  readonly code = 'DMNN_EXPORT';
  /** One line each: what, what was expected, what came. */
  readonly problems: readonly string[];

  constructor(what: string, problems: readonly string[], remedy: string) {
    super(`${what}:\n${problems.map((problem) => `  - ${problem}`).join('\n')}\n${remedy}`);
    this.problems = problems;
  }
}
