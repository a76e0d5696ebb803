/**
 * The problems of an error as lines of its message: a list to {@link LONGEST_LIST} lines, and how many more there are.
 * A file from elsewhere may have a million.
 *
 * @example
 * ```ts
 * import { problemLines } from '@dmnn/foundation';
 *
 * console.log(problemLines(['epochs: expected an integer']).length); // => 1
 * console.log(problemLines(Array.from({ length: 50 }, () => 'x')).at(-1)?.trim()); // => … and 30 more
 * ```
 */
export function problemLines(problems: readonly string[]): string[] {
  const lines = problems.slice(0, LONGEST_LIST).map((problem) => `  - ${problem}`);
  const others = problems.length - lines.length;
  return others > 0 ? [...lines, `  … and ${others} more`] : lines;
}

/** The most problems that {@link problemLines} lists. */
export const LONGEST_LIST = 20;
