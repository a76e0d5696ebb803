import { readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseJson } from '@dmnn/foundation';
import type { PackageLock } from '@dmnn/native';

/** A package that npm can install: the name of a file in `locks/`. */
export type LockedPackage = 'tfjs-node' | 'tfjs-node-gpu' | 'node-gyp';

/** Where the locks are, which come with this package. `scripts/lock-packages.mjs` writes them. */
const locks = new URL('../../locks/', import.meta.url);

/** Reads the lock of a package. */
export async function packageLock(name: LockedPackage): Promise<PackageLock> {
  const path = fileURLToPath(new URL(`${name}.json`, locks));
  return parseJson(await readFile(path), { what: path }) as PackageLock;
}

/**
 * Removes the tensor library that came with the package, so it can only use the application's.
 *
 * @param folder - where the package was installed.
 * @param keep - the one package of the scope that stays.
 */
export async function removeTensorLibrary(folder: string, keep: string): Promise<void> {
  const scope = join(folder, 'node_modules', '@tensorflow');
  for (const name of await readdir(scope)) {
    if (`@tensorflow/${name}` !== keep) await rm(join(scope, name), { recursive: true, force: true });
  }
}
