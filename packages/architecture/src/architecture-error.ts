import { DmnnError } from '@dmnn/foundation';
/** An architecture that cannot be a network. Lists everything that is wrong, not the first thing only. */
export class ArchitectureError extends DmnnError<'DMNN_ARCHITECTURE'> {
  override readonly name = 'ArchitectureError';
  /** One line each: path, what was expected, what came. */
  readonly problems: readonly string[];

  constructor(what: string, problems: readonly string[], remedy: string) {
    super(
      'DMNN_ARCHITECTURE',
      `${what}:\n${problems.map((problem) => `  - ${problem}`).join('\n')}\n${remedy}`,
    );
    this.problems = problems;
  }
}
