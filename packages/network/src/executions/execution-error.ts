import { DmnnError } from '@dmnn/foundation';

/** A forward pass that cannot be run as asked. */
export function executionError(argument: string, expected: string, got: string, remedy: string): DmnnError {
  return new DmnnError('DMNN_EXECUTION', `${argument}: expected ${expected}, got ${got}. ${remedy}`);
}
