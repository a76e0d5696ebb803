/** Weights that are not this network's. Lists every difference, not the first one only; nothing was changed. */
export class WeightsError extends Error {
  override readonly name = 'WeightsError';
  readonly code = 'DMNN_WEIGHTS';
  /** One line each: name, what was expected, what came. */
  readonly problems: readonly string[];

  constructor(what: string, problems: readonly string[]) {
    super(
      `${what}:\n${problems.map((problem) => `  - ${problem}`).join('\n')}\nGive weights of the same architecture.`,
    );
    this.problems = problems;
  }
}
