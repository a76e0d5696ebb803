import { readdir, rename, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { nodeFileSystem, systemCode, writeFileDurably } from '@dmnn/foundation/node';
import type { BuildManifest } from './build-manifest.js';
import type { BuiltFile } from './built-file.js';
import { fileDigest } from './file-digest.js';

/** Sizes and sums of files of a build, once they are on the disk. */
export async function describeFiles(folder: string, paths: readonly string[]): Promise<BuiltFile[]> {
  const files: BuiltFile[] = [];
  for (const path of paths) {
    await nodeFileSystem.sync(join(folder, path));
    files.push({ path, ...(await fileDigest(join(folder, path))) });
  }
  return files;
}

/** The regular files in a folder of a build, without links, by their paths in the build, in order. */
export async function filesIn(folder: string, inside = '.'): Promise<string[]> {
  const entries = await readdir(join(folder, inside), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

/** Writes the manifest of a build, which makes it a complete one. */
export async function writeManifest<M extends BuildManifest>(folder: string, manifest: M): Promise<void> {
  await writeFileDurably(join(folder, 'manifest.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
}

/**
 * Moves a finished build into its place, in that of an old one. Both are in the same folder.
 *
 * A process that is killed in between leaves the finished one, which the next call moves.
 */
export async function publishBuild(finished: string, folder: string, cacheDirectory: string): Promise<void> {
  const old = `${folder}.old`;
  await rm(old, { recursive: true, force: true });
  await rename(folder, old).catch((error: unknown) => {
    if (systemCode(error) !== 'ENOENT') throw error;
  });
  await rename(finished, folder);
  await nodeFileSystem.sync(cacheDirectory);
  await rm(old, { recursive: true, force: true });
}
