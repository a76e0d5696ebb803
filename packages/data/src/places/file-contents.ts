import { readFile } from 'node:fs/promises';
import { DataError } from '../data-error.js';
import { assertPlainFile } from './assert-plain-file.js';

/**
 * The bytes of a file.
 *
 * @throws DataError with its name and the system's message, or if it is a pipe or a device
 */
export async function contentsOf(file: string): Promise<Uint8Array> {
  await assertPlainFile(file);
  try {
    return await readFile(file);
  } catch (cause) {
    const got = cause instanceof Error ? cause.message : String(cause);
    const remedy = 'Check the file, its permissions and those of its folder.';
    throw new DataError({ file, expected: 'a readable file', got, remedy }, { cause });
  }
}
