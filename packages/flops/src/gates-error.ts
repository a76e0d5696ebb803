import { DmnnError } from '@dmnn/foundation';

/**
 * Gates do not fit a table: there are too few or too many, or a value is not a gate or a rate.
 *
 * @param argument - the part of the argument: `gates[3]: sub-blocks n of block l = 3`
 */
export function gatesError(argument: string, expected: string, got: string, remedy: string): DmnnError {
  return new DmnnError('DMNN_GATES', `${argument}: expected ${expected}, got ${got}. ${remedy}`);
}
