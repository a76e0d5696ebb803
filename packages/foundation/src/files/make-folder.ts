import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileError } from './file-error.js';
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
    if (!(await isFolder(path))) throw error;
    return;
  }
  await syncFolder(parent);
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}
