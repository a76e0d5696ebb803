import type { Stats } from 'node:fs';
import { type FileHandle, readFile, stat } from 'node:fs/promises';
import { kindOfFile, systemReason } from '@dmnn/foundation/node';
import { DataError } from '../data-error.js';
import { systemPath } from '../system-path.js';

/**
 * Checks that a path leads to a file, before it is opened: reading a pipe might wait for ever, and a device might not end.
 *
 * @returns what the system knows of the file
 * @throws DataError if it leads to something else or to nothing
 */
export async function assertPlainFile(path: string, expected = 'a readable file'): Promise<Stats> {
  let found: Stats;
  try {
    found = await stat(systemPath(path));
  } catch (cause) {
    const got = systemReason(cause);
    const remedy = 'Check the file, its permissions and those of its folder.';
    throw new DataError({ file: path, expected, got, remedy }, { cause });
  }
  if (found.isFile()) return found;
  const remedy = 'Pass a file with the data in it.';
  throw new DataError({ file: path, expected, got: kindOfFile(found), remedy });
}

/**
 * The bytes of a file.
 *
 * @throws DataError with its name and the system's message, or if it is a pipe or a device
 */
export async function contentsOf(file: string): Promise<Uint8Array> {
  await assertPlainFile(file);
  try {
    return await readFile(systemPath(file));
  } catch (cause) {
    const got = systemReason(cause);
    const remedy = 'Check the file, its permissions and those of its folder.';
    throw new DataError({ file, expected: 'a readable file', got, remedy }, { cause });
  }
}

/**
 * Reads from an offset until the bytes are filled or the file ends: the system may return less than asked for.
 *
 * @param bytes - written to
 * @returns how many were read
 */
export async function readFully(file: FileHandle, bytes: Uint8Array, offset: number): Promise<number> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, offset + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}
