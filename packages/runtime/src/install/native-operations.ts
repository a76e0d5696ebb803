import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NativeBuild } from './native-manifest.js';

/** What the addon reports about itself. */
export interface NativeOperations {
  /** Whether this processor has the instructions that `DmnnConvolution` is written for: AVX2 and FMA, or AVX-512. */
  readonly fastConvolution: boolean;
}

/** The sources of our own operations, which come with this package. */
export const operationSources: string = fileURLToPath(new URL('../../native/', import.meta.url));

/**
 * The name of the addon that these sources compile to. Another version of this package looks for another addon, so an
 * operation is never called with the attributes of another version.
 */
export function operationsName(): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(operationSources).sort())
    hash.update(name).update(readFileSync(join(operationSources, name)));
  return `dmnn_operations-${hash.digest('hex').slice(0, 12)}.node`;
}

/** Whether a path in a build is the addon of another version of this package, which this one does not load. */
export function isOtherOperations(path: string): boolean {
  return /^dmnn_operations-\w+\.node$/.test(path) && path !== operationsName();
}

/**
 * The path of the addon of these sources in a build; `undefined` if the build has none, or one without a sum in its
 * manifest, as older versions added it.
 */
export function operationsOf({ folder, manifest }: NativeBuild): string | undefined {
  const name = operationsName();
  return manifest.files.some(({ path }) => path === name) ? join(folder, name) : undefined;
}
