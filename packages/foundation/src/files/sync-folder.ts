import { fsync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { closeAfter } from '../close-after.js';
import { systemCode } from './file-error.js';

/**
 * Waits until a folder's list of names, or a file, is on the disk. Where folders cannot be synced, as on Windows, it does
 * nothing: there the rename alone has to suffice.
 *
 * @throws the error of the system
 */
export async function syncFolder(path: string): Promise<void> {
  let folder: FileHandle;
  try {
    folder = await open(path, 'r');
  } catch (error) {
    // a folder that can be written to, but not listed, is as little a reason to fail as one that cannot be synced
    if (cannotSync.includes(systemCode(error))) return;
    throw error;
  }
  await closeAfter(
    async () => {
      try {
        await synced(folder);
      } catch (error) {
        if (!cannotSync.includes(systemCode(error))) throw error;
      }
    },
    () => folder.close(),
  );
}

const cannotSync: readonly (string | undefined)[] = ['EPERM', 'EINVAL', 'EACCES', 'EISDIR'];

/** Not `file.sync()`: Yarn's Plug'n'Play replaces Node's file handles by its own, which lack it. */
export function synced(file: FileHandle): Promise<void> {
  return promisify(fsync)(file.fd);
}
