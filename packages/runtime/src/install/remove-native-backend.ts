import { closeAfter } from '@dmnn/foundation';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { asBuildError, lockBuild, nativeCacheDirectory } from '@dmnn/native';
import { nativeBuildName } from './native-build-name.js';

/** Options of {@link removeNativeBackend}. */
export interface RemoveOptions {
  /** true: only the build for GPUs; false: only the one for CPUs. @defaultValue both */
  readonly gpu?: boolean | undefined;
  /** @defaultValue {@link nativeCacheDirectory} */
  readonly cacheDirectory?: string | undefined;
}

/**
 * Removes native builds and the leftovers of interrupted builds from the cache.
 *
 * @returns the folders that were removed.
 * @throws BuildError, step `lock`, if another process is building.
 */
export async function removeNativeBackend(options: RemoveOptions = {}): Promise<string[]> {
  const { cacheDirectory = nativeCacheDirectory() } = options;
  const removed: string[] = [];
  for (const gpu of options.gpu === undefined ? [false, true] : [options.gpu]) {
    const name = nativeBuildName(gpu);
    const folders = [name, `${name}.old`, `${name}.staging`]
      .map((folder) => join(cacheDirectory, folder))
      .filter((folder) => existsSync(folder));
    if (folders.length === 0) continue;
    const lock = await lockBuild(cacheDirectory, name);
    await closeAfter(
      async () => {
        for (const folder of folders) {
          await rm(folder, { recursive: true, force: true }).catch((error: unknown) => {
            throw asBuildError(error, 'remove');
          });
        }
      },
      () => lock.release(),
    );
    removed.push(...folders);
  }
  return removed;
}
