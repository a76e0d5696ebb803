import { readFile } from 'node:fs/promises';
import { DataError } from '../data-error.js';

/** The bytes of a file. @throws DataError naming it, with what the system said */
export async function contentsOf(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    const got = cause instanceof Error ? cause.message : String(cause);
    const remedy = 'Check the file and the permissions of it and its folder.';
    throw new DataError({ file, expected: 'a readable file', got, remedy }, { cause });
  }
}
