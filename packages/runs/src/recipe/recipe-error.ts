import { DmnnError, LONGEST_LIST, printable } from '@dmnn/foundation';

/** What can be wrong with a recipe. */
export type RecipeErrorCode = 'DMNN_RECIPE' | 'DMNN_UNKNOWN_RECIPE';

/**
 * A recipe, or an override of one, is not valid; every problem is listed at once.
 *
 * @example
 * ```ts
 * import { RecipeError, parseRecipe } from '@dmnn/runs';
 *
 * try {
 *   parseRecipe({ name: 'mine', model: { name: 'cifar-resnet20' }, epochs: 5, batchSize: 128, sed: 2 });
 * } catch (error) {
 *   console.log(error instanceof RecipeError && error.problems[0]); // => sed: unknown key, did you mean seed?
 * }
 * ```
 */
export class RecipeError extends DmnnError<RecipeErrorCode> {
  override readonly name = 'RecipeError';
  /** One line each: the path of the value, what is wrong, what would be right. */
  readonly problems: readonly string[];

  constructor(subject: string, problems: readonly string[], code: RecipeErrorCode = 'DMNN_RECIPE') {
    const about = printable(subject, Infinity);
    // names and keys come from a file: no line end of theirs begins a line
    const lines = problems.map((problem) => printable(problem, Infinity));
    super(
      code,
      lines.length === 1
        ? `${about}: ${lines[0] ?? ''}`
        : [`${about}:`, ...listed(lines).map((line) => `  ${line}`)],
    );
    this.problems = lines;
  }
}

/** A file from elsewhere may have a million wrong keys. */
function listed(problems: readonly string[]): readonly string[] {
  const others = problems.length - LONGEST_LIST;
  return others > 0 ? [...problems.slice(0, LONGEST_LIST), `… and ${others} more`] : problems;
}
