import { DmnnError } from '@dmnn/foundation';

/**
 * A thread that decodes images has ended, or has failed unexpectedly.
 *
 * @param files - the files it was decoding: one of them may be the cause
 */
export function decodingError(
  what: string,
  files: readonly string[],
  options: { readonly cause?: unknown } = {},
): DmnnError {
  const list = files.length === 0 ? 'while it had nothing to do' : `at one of\n  ${files.join('\n  ')}\n`;
  return new DmnnError(
    'DMNN_DECODING',
    `decoding: a thread ${what} ${list}Try again; if it happens at the same files, leave them out. With workers: 0 they are decoded without threads.`,
    { ...options, details: { files } },
  );
}
