/** An architecture that cannot be a network. Lists everything that is wrong, not the first thing only. */
export class ArchitectureError extends Error {
  override readonly name = 'ArchitectureError';
  readonly code = 'DMNN_ARCHITECTURE';
  /** One line each: path, what was expected, what came. */
  readonly problems: readonly string[];

  constructor(what: string, problems: readonly string[], remedy: string) {
    super(`${what}:\n${problems.map((problem) => `  - ${problem}`).join('\n')}\n${remedy}`);
    this.problems = problems;
  }
}
