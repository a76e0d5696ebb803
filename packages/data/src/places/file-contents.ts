import { readFile } from 'node:fs/promises';
import { DataError } from '../data-error.js';

/** The bytes of a file. @throws DataError with its name and the system's message */
export async function contentsOf(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    const got = cause instanceof Error ? cause.message : String(cause);
    const remedy = 'Check the file, its permissions and those of its folder.';
    throw new DataError({ file, expected: 'a readable file', got, remedy }, { cause });
  }
}
