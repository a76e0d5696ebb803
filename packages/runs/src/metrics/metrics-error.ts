import { DmnnError } from '@dmnn/foundation';
import type { LineProblem } from './summed-lines.js';

/**
 * Lines of a run's log were changed, removed or cut short, or are not lines of a log. `problems` has each.
 *
 * @example
 * ```ts
 * import { MetricsError, parseMetrics } from '@dmnn/runs';
 *
 * try {
 *   parseMetrics(new TextEncoder().encode('{"kind":\n'));
 * } catch (error) {
 *   console.log(error instanceof MetricsError && [error.code, error.problems[0]?.line]); // => [ 'DMNN_METRICS', 1 ]
 * }
 * ```
 */
export class MetricsError extends DmnnError<'DMNN_METRICS'> {
  override readonly name = 'MetricsError';
  /** The file. */
  readonly file: string;
  /** The lines, from 1, and what is wrong with each. */
  readonly problems: readonly LineProblem[];

  constructor(file: string, problems: readonly LineProblem[]) {
    const [first] = problems;
    const others = problems.length > 1 ? ` (and of ${problems.length - 1} more lines)` : '';
    super(
      'DMNN_METRICS',
      `${file}, line ${first?.line ?? 0}: ${first?.problem ?? ''}${others}. ` +
        'Restore the file, or resume the run (train --resume), which keeps the intact lines.',
      { details: { problems } },
    );
    this.file = file;
    this.problems = problems;
  }
}

/** Problems of lines in a sentence: `line 3 (expected …, got …), line 7 (…)`. */
export function describeLineProblems(problems: readonly LineProblem[]): string {
  const shown = problems.slice(0, longest).map(({ line, problem }) => `line ${line} (${problem})`);
  const others = problems.length - shown.length;
  return [...shown, ...(others > 0 ? [`${others} more`] : [])].join(', ');
}

/** The most lines that a sentence names. */
const longest = 5;
