import { join } from 'node:path';
import { type Lock, acquireLock, makeFolder } from '@dmnn/foundation/node';
import { BuildError } from './build-error.js';

/**
 * Ensures that one process at a time builds in a folder. Takes over the lock of a process that has ended.
 *
 * @param directory - created if need be
 * @param name - the build's name: builds of other names can run in the folder at the same time
 * @throws BuildError, step `lock`, if another process holds it
 */
export async function lockBuild(directory: string, name: string): Promise<Lock> {
  await makeFolder(directory);
  const path = join(directory, `${name}.lock`);
  return acquireLock(path, {
    inUse: ({ pid, host }) =>
      new BuildError(
        'lock',
        `process ${pid} on ${host} is building in ${directory}.`,
        `Wait until it has finished, or delete ${path} if there is no such process.`,
      ),
  });
}
