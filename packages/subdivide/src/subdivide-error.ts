/** A backbone that cannot be divided as asked. The message names the argument, what it must be, what came, and a remedy. */
export class SubdivideError extends Error {
  override readonly name = 'SubdivideError';
  readonly code = 'DMNN_SUBDIVIDE';
}
