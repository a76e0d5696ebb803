import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Creates a folder and those above it; does nothing if it is there.
 *
 * Not `mkdir`'s `recursive`: in a file system that refuses new folders by calling them absent, as /proc does, Node
 * tries again for ever.
 *
 * @param path - absolute or relative to the working directory
 * @throws what `mkdir` throws where no folder can be made
 */
export async function makeFolder(path: string): Promise<void> {
  if (await isFolder(path)) return;
  const parent = dirname(path);
  if (parent !== path) await makeFolder(parent);
  try {
    await mkdir(path);
  } catch (error) {
    // somebody else may have been quicker
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
