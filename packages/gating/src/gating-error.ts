import { DmnnError } from '@dmnn/foundation';

/** A tensor, a list of keys or a pattern that does not have the shape which a gate needs. */
export function gatingError(argument: string, expected: string, got: string, remedy: string): DmnnError {
  return new DmnnError('DMNN_GATING', `${argument}: expected ${expected}, got ${got}. ${remedy}`);
}
