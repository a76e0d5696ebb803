import { access, constants, statfs } from 'node:fs/promises';
import { FileError, makeFolder, systemCode } from '@dmnn/foundation/node';
import { BuildError } from './build-error.js';

const MEGABYTE = 1_000_000;

/**
 * Makes the folder of builds where it is not there.
 *
 * @throws BuildError, step `prepare`, if it cannot be written to.
 */
export async function writableCache(directory: string): Promise<void> {
  try {
    await makeFolder(directory);
    await access(directory, constants.W_OK);
  } catch (error) {
    throw new BuildError(
      'prepare',
      `cannot write to ${directory} (${codeOf(error) ?? 'unknown'}).`,
      'Set XDG_CACHE_HOME to a folder that can be written to.',
      { cause: error },
    );
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof FileError ? error.systemCode : systemCode(error);
}

/** @throws BuildError, step `prepare`, if the disk of the folder of builds has less room. */
export async function enoughRoom(directory: string, megabytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(directory);
  const free = bavail * bsize;
  if (free >= megabytes * MEGABYTE) return;
  throw new BuildError(
    'prepare',
    `${directory} has room for ${Math.round(free / MEGABYTE)} MB; ${megabytes} MB are needed.`,
    'Make room, or set XDG_CACHE_HOME to a folder on another disk.',
  );
}
