import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Creates a folder and its parents; does nothing if it exists.
 *
 * Does not use `recursive` of `mkdir`: in a file system that refuses new folders with "not found", such as /proc, Node
 * retries forever.
 *
 * @param path - absolute or relative to the working directory
 * @throws the error of `mkdir` if the folder cannot be created
 */
export async function makeFolder(path: string): Promise<void> {
  if (await isFolder(path)) return;
  const parent = dirname(path);
  if (parent !== path) await makeFolder(parent);
  try {
    await mkdir(path);
  } catch (error) {
    // another process may have created it meanwhile
    if (!(await isFolder(path))) throw error;
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}
