import { constants } from 'node:fs';
import { copyFile, link } from 'node:fs/promises';

/** Places a file at a second path: as a hard link, or as a copy on another file system. */
export async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch {
    await copyFile(from, to, constants.COPYFILE_FICLONE); // another file system
  }
}
