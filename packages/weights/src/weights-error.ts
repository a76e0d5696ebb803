import { DmnnError, problemLines } from '@dmnn/foundation';
/** Thrown for weights that do not fit a network. Lists every difference, not just the first; nothing was changed. */
export class WeightsError extends DmnnError<'DMNN_WEIGHTS'> {
  override readonly name = 'WeightsError';
  /** One line per problem: name, expected and actual value. */
  readonly problems: readonly string[];

  constructor(what: string, problems: readonly string[]) {
    super('DMNN_WEIGHTS', [`${what}:`, ...problemLines(problems), 'Pass weights of the same architecture.']);
    this.problems = problems;
  }
}
