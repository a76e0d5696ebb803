import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { closeAfter } from '@dmnn/foundation';
import { asBuildError, lockBuild, nativeCacheDirectory } from '@dmnn/native';
import { ENGINE_PREFIX } from './engine-build.js';

/**
 * Removes the engine's cores of all versions from the cache, with oneDNN and the leftovers of interrupted installations.
 *
 * @param options.cacheDirectory - by default `nativeCacheDirectory()`
 * @returns the folders that were removed.
 * @throws BuildError, step `lock`, if another process is building.
 */
export async function removeEngine(
  options: { readonly cacheDirectory?: string | undefined } = {},
): Promise<string[]> {
  const { cacheDirectory = nativeCacheDirectory() } = options;
  if (!existsSync(cacheDirectory)) return [];
  const isOurs = (name: string): boolean => name.startsWith(ENGINE_PREFIX) || name.startsWith('onednn-');
  if (!(await readdir(cacheDirectory)).some(isOurs)) return [];
  const lock = await lockBuild(cacheDirectory, 'engine');
  return closeAfter(
    async () => {
      const names = (await readdir(cacheDirectory)).filter(isOurs).sort();
      for (const name of names) {
        await rm(join(cacheDirectory, name), { recursive: true, force: true }).catch((error: unknown) => {
          throw asBuildError(error, 'remove');
        });
      }
      return names
        .filter((name) => !name.endsWith('.contents.json'))
        .map((name) => join(cacheDirectory, name));
    },
    () => lock.release(),
  );
}
