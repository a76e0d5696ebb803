import { join } from 'node:path';
import { printable } from '@dmnn/foundation';
import { type Lock, acquireLock, makeFolder } from '@dmnn/foundation/node';
import { BuildError } from './build-error.js';

/**
 * Ensures that one process at a time builds in a folder. Takes over the lock of a process that has ended.
 *
 * @param directory - created if need be
 * @param name - the build's name: builds of other names can run in the folder at the same time
 * @throws BuildError, step `lock`, if another process holds it; FileError if the folder cannot be made or written to
 */
export async function lockBuild(directory: string, name: string): Promise<Lock> {
  await makeFolder(directory);
  return acquireLock(join(directory, `${name}.lock`), {
    inUse: ({ pid, host, path }) =>
      new BuildError(
        'lock',
        `process ${pid} on ${printable(host)} is building in ${directory}.`,
        `Wait until it has finished, or delete ${path} if there is no such process.`,
      ),
  });
}
