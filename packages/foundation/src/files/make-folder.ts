import { lstat, mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { printable } from '../printable.js';
import { FileError, fileError, systemCode } from './file-error.js';
import { syncFolder } from './sync-folder.js';

/**
 * Creates a folder and its parents, and waits until their names are on the disk; does nothing if it exists.
 *
 * Does not use `recursive` of `mkdir`: in a file system that refuses new folders with "not found", such as /proc, Node
 * retries forever.
 *
 * @param path - absolute or relative to the working directory
 * @throws FileError if the folder cannot be created
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await make(path);
  } catch (error) {
    throw fileError(error, { path, to: 'write', expected: 'a folder that can be made' });
  }
}

async function make(path: string): Promise<void> {
  if (await isFolder(path)) return;
  const parent = dirname(path);
  if (parent !== path) await make(parent);
  try {
    await mkdir(path);
  } catch (error) {
    // another process may have created it meanwhile
    if (await isFolder(path)) return;
    await assertLeadsSomewhere(path);
    throw error;
  }
  await syncFolder(parent);
}

/**
 * Refuses a link that leads to nothing, or in a circle: a folder can neither be made at it nor in it. A disk may not be
 * mounted.
 *
 * @param name - what the path stands for, such as `--out`, for the message
 * @throws FileError naming the path
 */
export async function assertLeadsSomewhere(path: string, name?: string): Promise<void> {
  if (!(await isLink(path)) || (await isThere(path))) return;
  const subject = printable(name === undefined ? path : `${name} ${path}`, 4096);
  const isCircle = await stat(path).catch((error: unknown) => systemCode(error) === 'ELOOP');
  const found = isCircle === true ? 'a link that leads in a circle' : 'a link that leads to nothing';
  const remedy = isCircle === true ? 'Remove it' : 'Make what it leads to, remove it';
  throw new FileError(
    'DMNN_FILE',
    `${subject}: expected a folder, got ${found}. ${remedy}, or choose another path.`,
    { path, found },
  );
}

async function isLink(path: string): Promise<boolean> {
  return lstat(path).then(
    (found) => found.isSymbolicLink(),
    () => false,
  );
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}
