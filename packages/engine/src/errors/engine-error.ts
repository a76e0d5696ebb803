import { DmnnError } from '@dmnn/foundation';

/** Creates the error for an engine that is not installed, cannot be opened, or does not take an image or an option. */
export function engineError(what: string, remedy: string, options?: { readonly cause: unknown }): DmnnError {
  return new DmnnError('DMNN_ENGINE', `${what}. ${remedy}`, options);
}
