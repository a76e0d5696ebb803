import { DmnnError, problemLines } from '@dmnn/foundation';
/** An invalid architecture. Lists all problems, not only the first. */
export class ArchitectureError extends DmnnError<'DMNN_ARCHITECTURE'> {
  override readonly name = 'ArchitectureError';
  /** One line per problem: path, expected, got. */
  readonly problems: readonly string[];

  constructor(what: string, problems: readonly string[], remedy: string) {
    super('DMNN_ARCHITECTURE', [`${what}:`, ...problemLines(problems), remedy]);
    this.problems = problems;
  }
}
