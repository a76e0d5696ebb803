import { DmnnError } from '@dmnn/foundation';

/** A backbone that cannot be divided as asked. The message names the argument, what it must be, what came, and a remedy. */
export function subdivideError(message: string): DmnnError {
  return new DmnnError('DMNN_SUBDIVIDE', message);
}
