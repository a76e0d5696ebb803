import { type Stats, closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { closeAfter, closeAfterSync } from '../close-after.js';
import { printable } from '../printable.js';
import { FileError, fileError } from './file-error.js';

/**
 * Reads a whole file. A pipe, a device or a socket is refused, also at the end of a link: reading a pipe might wait for
 * ever, and a device might not end.
 *
 * @param path - absolute or relative to the working directory
 * @param name - what the path stands for, such as `--recipe`, for the message
 * @returns a new array
 * @throws FileError naming the path, if it leads to something else or to nothing, or cannot be read
 * @example
 * ```ts
 * import { readRegularFile } from '@dmnn/foundation/node';
 *
 * const error: unknown = await readRegularFile('/dev/null').catch((reason: unknown) => reason);
 * console.log(String(error));
 * // => FileError: /dev/null: expected a file that can be read, got a device. Copy what it holds into a file first.
 * ```
 */
export async function readRegularFile(path: string, name?: string): Promise<Uint8Array> {
  try {
    const file = await open(path, READ);
    return await closeAfter(
      async () => {
        assertRegular(await file.stat(), path, name);
        return ownBytes(await file.readFile());
      },
      () => file.close(),
    );
  } catch (error) {
    throw fileError(error, { path, to: 'read', name });
  }
}

/**
 * Checks that {@link readRegularFile} could read a file, without reading it.
 *
 * @throws FileError as {@link readRegularFile}
 */
export async function assertRegularFile(path: string, name?: string): Promise<void> {
  try {
    const file = await open(path, READ);
    await closeAfter(
      async () => {
        assertRegular(await file.stat(), path, name);
      },
      () => file.close(),
    );
  } catch (error) {
    throw fileError(error, { path, to: 'read', name });
  }
}

/**
 * As {@link readRegularFile}, at once.
 *
 * @throws FileError as {@link readRegularFile}
 */
export function readRegularFileSync(path: string, name?: string): Uint8Array {
  try {
    const file = openSync(path, READ);
    return closeAfterSync(
      () => {
        assertRegular(fstatSync(file), path, name);
        return ownBytes(readFileSync(file));
      },
      () => {
        closeSync(file);
      },
    );
  } catch (error) {
    throw fileError(error, { path, to: 'read', name });
  }
}

// opening a pipe that nobody writes to would wait, in a thread that no signal reaches; Windows has no such flag
const READ = constants.O_RDONLY | ((constants.O_NONBLOCK as number | undefined) ?? 0);

function assertRegular(found: Stats, path: string, name: string | undefined): void {
  if (found.isFile()) return;
  const subject = printable(name === undefined ? path : `${name} ${path}`, 4096);
  const remedy = found.isDirectory() ? 'Name a file.' : 'Copy what it holds into a file first.';
  const kind = kindOfFile(found);
  // as reading a folder would have failed, for callers who look for something else then
  const cause = found.isDirectory() ? Object.assign(new Error(kind), { code: 'EISDIR' }) : undefined;
  throw new FileError('DMNN_FILE', `${subject}: expected a file that can be read, got ${kind}. ${remedy}`, {
    path,
    found: kind,
    ...(cause && { cause }),
  });
}

/**
 * What something other than a file is, in words.
 *
 * @returns `a folder`, `a pipe`, `a socket` or `a device`
 */
export function kindOfFile(found: Pick<Stats, 'isDirectory' | 'isFIFO' | 'isSocket'>): string {
  if (found.isDirectory()) return 'a folder';
  if (found.isFIFO()) return 'a pipe';
  return found.isSocket() ? 'a socket' : 'a device';
}

/** Buffer's slice() does not copy, although readers may rely on a copy. */
function ownBytes({ buffer, byteOffset, length }: Buffer): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length);
}
