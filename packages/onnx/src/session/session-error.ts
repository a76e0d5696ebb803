import { DmnnError } from '@dmnn/foundation';

/**
 * Creates the error for a file that cannot be opened, an image of the wrong size, or an engine that failed or is
 * missing.
 */
export function sessionError(what: string, remedy: string, options?: { readonly cause: unknown }): DmnnError {
  return new DmnnError('DMNN_SESSION', `${what}. ${remedy}`, options);
}
