import { DmnnError } from '@dmnn/foundation';
/** Weights that are not this network's. Lists every difference, not the first one only; nothing was changed. */
export class WeightsError extends DmnnError<'DMNN_WEIGHTS'> {
  override readonly name = 'WeightsError';
  /** One line each: name, what was expected, what came. */
  readonly problems: readonly string[];

  constructor(what: string, problems: readonly string[]) {
    super(
      'DMNN_WEIGHTS',
      `${what}:\n${problems.map((problem) => `  - ${problem}`).join('\n')}\nGive weights of the same architecture.`,
    );
    this.problems = problems;
  }
}
