import { DmnnError } from '@dmnn/foundation';

/**
 * A backbone cannot be divided as requested. The message has the argument, the expected and the actual value, and a
 * remedy.
 */
export function subdivideError(message: string): DmnnError {
  return new DmnnError('DMNN_SUBDIVIDE', message);
}
