import { DmnnError } from '@dmnn/foundation';

/** Creates the error for a tensor, a label or a cost table that does not fit a loss. */
export function lossError(argument: string, expected: string, got: string, remedy: string): DmnnError {
  return new DmnnError('DMNN_LOSS', `${argument}: expected ${expected}, got ${got}. ${remedy}`);
}
