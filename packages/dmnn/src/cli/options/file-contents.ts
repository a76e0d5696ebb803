import { decodeUtf8, fileFormatOf, parseJson } from '@dmnn/foundation';
import { readRegularFileSync } from '@dmnn/foundation/node';
import { usageError } from '../terminal/usage-error.js';

/**
 * The bytes of a file that a command line names.
 *
 * @param argument - where it is named, for messages: `--recipe`
 * @throws DmnnError `DMNN_USAGE` with argument and path if there is none, it is a folder, a pipe or a device, or it cannot be read
 */
export function fileContents(path: string, argument: string): Uint8Array {
  try {
    return readRegularFileSync(path, argument);
  } catch (error) {
    throw usageError(error instanceof Error ? error.message : String(error));
  }
}

/**
 * The text of a file that a command line names, without a byte order mark.
 *
 * @throws DmnnError `DMNN_USAGE` as {@link fileContents}, or if the bytes are not UTF-8
 */
export function fileText(path: string, argument: string): string {
  const bytes = fileContents(path, argument);
  const text = decodeUtf8(bytes);
  if (text !== undefined) return text.replace(/^\ufeff/, '');
  const got = fileFormatOf(bytes)?.name ?? 'other bytes';
  throw usageError(`${argument} ${path}: expected text in UTF-8, got ${got}. Save it as UTF-8.`);
}

/**
 * The JSON of a file that a command line names, unchecked.
 *
 * @throws DmnnError `DMNN_USAGE` as {@link fileContents}, or if it is not JSON, has a key twice or nests too deep
 */
export function fileJson(path: string, argument: string): unknown {
  const bytes = fileContents(path, argument);
  try {
    return parseJson(bytes);
  } catch (error) {
    throw usageError(
      `${argument} ${path}: expected JSON: ${error instanceof Error ? error.message : String(error)}.`,
    );
  }
}
