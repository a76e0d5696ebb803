import { DmnnError } from '@dmnn/foundation';

/** No usable backend, missing gradients, or several copies of tfjs-core. The message has the remedy. */
export function backendError(message: string, options?: { readonly cause?: unknown }): DmnnError {
  return new DmnnError('DMNN_BACKEND', message, options);
}
