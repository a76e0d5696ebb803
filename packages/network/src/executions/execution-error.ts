import { DmnnError } from '@dmnn/foundation';

/** A forward pass with options that cannot be combined, or gates that cannot be executed. */
export function executionError(argument: string, expected: string, got: string, remedy: string): DmnnError {
  return new DmnnError('DMNN_EXECUTION', `${argument}: expected ${expected}, got ${got}. ${remedy}`);
}
