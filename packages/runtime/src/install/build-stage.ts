import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * Creates a folder atomically: `fill` writes to a partial one next to it, which is then renamed. Does nothing if the folder
 * exists. Removes partial folders that killed processes left.
 *
 * @returns whether the folder was created.
 */
export async function stageFolder(path: string, fill: (partial: string) => Promise<void>): Promise<boolean> {
  if (existsSync(path)) return false;
  const parent = dirname(path);
  const prefix = `${path.slice(parent.length + 1)}.partial-`;
  await mkdir(parent, { recursive: true });
  for (const name of await readdir(parent)) {
    if (name.startsWith(prefix)) await rm(join(parent, name), { recursive: true, force: true });
  }
  // a new name each time: a program that an interrupted build started may still be writing into the old one
  const partial = await mkdtemp(join(parent, prefix));
  await fill(partial);
  await rename(partial, path);
  return true;
}
