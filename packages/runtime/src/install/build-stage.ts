import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * Makes a folder whole or not at all: `fill` works beside it, and a rename puts it in place. If it is there already,
 * nothing is done. What killed processes left beside it is removed.
 *
 * @returns whether it had to be made.
 */
export async function stageFolder(path: string, fill: (beside: string) => Promise<void>): Promise<boolean> {
  if (existsSync(path)) return false;
  const parent = dirname(path);
  const prefix = `${path.slice(parent.length + 1)}.partial-`;
  await mkdir(parent, { recursive: true });
  for (const name of await readdir(parent)) {
    if (name.startsWith(prefix)) await rm(join(parent, name), { recursive: true, force: true });
  }
  // a new name each time: a program that an interrupted build started may still be writing into the old one
  const beside = await mkdtemp(join(parent, prefix));
  await fill(beside);
  await rename(beside, path);
  return true;
}
