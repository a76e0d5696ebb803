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
  const remedy =
    'Try again; if it happens at the same files, leave them out. With workers: 0 they are decoded without threads.';
  return new DmnnError(
    'DMNN_DECODING',
    files.length === 0
      ? `decoding: a thread ${what} while it had nothing to do. ${remedy}`
      : [`decoding: a thread ${what} at one of`, ...files.map((file) => `  ${file}`), remedy],
    { ...options, details: { files } },
  );
}
