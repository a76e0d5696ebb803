import { DmnnError } from '@dmnn/foundation';

/** A file that cannot be opened, an image that does not fit it, or an engine that failed or is missing. */
export function sessionError(what: string, remedy: string, options?: { readonly cause: unknown }): DmnnError {
  return new DmnnError('DMNN_SESSION', `${what}. ${remedy}`, options);
}
