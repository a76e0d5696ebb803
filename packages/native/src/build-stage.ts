import { existsSync } from 'node:fs';
import { lstat, mkdtemp, readFile, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { makeFolder, writeFileDurably } from '@dmnn/foundation/node';
import { fileDigest } from './file-digest.js';

/**
 * Creates a folder atomically: `fill` writes to a partial one next to it, which is then renamed. Does nothing if the folder
 * exists and holds what was put into it, as a list of sums next to it says; one that was damaged since is made again.
 * Removes partial folders that killed processes left.
 *
 * @returns whether the folder was created.
 */
export async function stageFolder(path: string, fill: (partial: string) => Promise<void>): Promise<boolean> {
  const parent = dirname(path);
  const contents = `${path}.contents.json`;
  if (existsSync(path)) {
    if (await isListed(contents, path)) return false;
    await rm(path, { recursive: true, force: true });
  }
  const prefix = `${basename(path)}.partial-`;
  await makeFolder(parent);
  for (const name of await readdir(parent)) {
    if (name.startsWith(prefix)) await rm(join(parent, name), { recursive: true, force: true });
  }
  // a new name each time: a program that an interrupted build started may still be writing into the old one
  const partial = await mkdtemp(join(parent, prefix));
  await fill(partial);
  await writeFileDurably(contents, await contentsOf(partial));
  await rename(partial, path);
  return true;
}

/** Whether a folder holds what a list names, and nothing else. */
async function isListed(contents: string, folder: string): Promise<boolean> {
  try {
    return (await readFile(contents, 'utf8')) === (await contentsOf(folder));
  } catch {
    return false; // no list, or what cannot be read
  }
}

/** The regular files of a folder with their sums, as JSON. */
async function contentsOf(folder: string): Promise<string> {
  const names = (await readdir(folder, { recursive: true })).sort();
  const files: string[] = [];
  for (const path of names) {
    if (!(await lstat(join(folder, path))).isFile()) continue;
    files.push(JSON.stringify({ path, ...(await fileDigest(join(folder, path))) }));
  }
  return `[\n${files.join(',\n')}\n]\n`;
}
