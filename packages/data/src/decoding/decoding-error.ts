/** A thread that decodes images has ended, or failed in a way that nobody foresaw. */
export class DecodingError extends Error {
  override readonly name = 'DecodingError';
  /** Tells it from other errors across copies of this package. */
  readonly code = 'DMNN_DECODING';
  /** What it was working on: one of these may be the reason. */
  readonly files: readonly string[];

  constructor(what: string, files: readonly string[], options?: ErrorOptions) {
    const list = files.length === 0 ? 'while it had nothing to do' : `at one of\n  ${files.join('\n  ')}\n`;
    super(
      `decoding: a thread ${what} ${list}Try again; if it happens at the same files, leave them out. With workers: 0 they are decoded without threads.`,
      options,
    );
    this.files = files;
  }
}
