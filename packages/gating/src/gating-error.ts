import { DmnnError } from '@dmnn/foundation';

/** Creates the error for a tensor, a list of keys or a pattern whose shape does not fit the gates. */
export function gatingError(argument: string, expected: string, got: string, remedy: string): DmnnError {
  return new DmnnError('DMNN_GATING', `${argument}: expected ${expected}, got ${got}. ${remedy}`);
}
