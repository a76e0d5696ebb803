/** A file that cannot be opened, an image that does not fit it, or an engine that failed or is missing. */
export class SessionError extends Error {
  override readonly name = 'SessionError';
  readonly code = 'DMNN_SESSION';

  constructor(what: string, remedy: string, options?: { readonly cause: unknown }) {
    super(`${what}. ${remedy}`, options);
  }
}
