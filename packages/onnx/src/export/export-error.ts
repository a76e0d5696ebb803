import { DmnnError } from '@dmnn/foundation';

/**
 * A network that cannot become a file.
 *
 * @param problems - all that is wrong, one line each: what, what was expected, what came
 */
export function exportError(what: string, problems: readonly string[], remedy: string): DmnnError {
  const list = problems.map((problem) => `  - ${problem}`).join('\n');
  return new DmnnError('DMNN_EXPORT', `${what}:\n${list}\n${remedy}`, { details: { problems } });
}
