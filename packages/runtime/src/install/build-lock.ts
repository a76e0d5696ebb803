import { join } from 'node:path';
import { type Lock, acquireLock, makeFolder } from '@dmnn/foundation/node';
import { BuildError } from './build-error.js';

/**
 * Lets one process at a time build in a folder. A lock whose process is gone is taken over.
 *
 * @param directory - created if need be
 * @param name - of what is built: others can be built in the folder at the same time
 * @throws BuildError, step `lock`, if another process has it
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
