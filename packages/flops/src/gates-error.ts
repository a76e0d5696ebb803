import { DmnnError } from '@dmnn/foundation';

/**
 * Gates that do not fit a table: too few or too many of them, or a value that no gate or rate has.
 *
 * @param argument - which part of the argument: `gates[3]: sub-blocks n of block l = 3`
 */
export function gatesError(argument: string, expected: string, got: string, remedy: string): DmnnError {
  return new DmnnError('DMNN_GATES', `${argument}: expected ${expected}, got ${got}. ${remedy}`);
}
