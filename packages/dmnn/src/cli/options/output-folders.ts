import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { systemCode } from '@dmnn/foundation/node';
import { usageError } from '../terminal/usage-error.js';

/**
 * Refuses a file that could not be written, before the work whose result it is to hold.
 *
 * @param option - as typed: `--out`
 * @throws DmnnError `DMNN_USAGE` if it is a folder; otherwise an error with the system's code if its folder is not there or
 *   cannot be written to
 */
export async function assertFileFits(option: string, file: string): Promise<void> {
  const there = await stat(file).catch(() => undefined);
  if (there?.isDirectory()) throw usageError(`${option}: expected a file, got ${file}, which is a folder.`);
  if (there && !there.isFile()) return; // a device or a pipe needs no folder
  await assertFolderTakes(option, dirname(resolve(file)), file);
}

/**
 * Refuses a folder that could neither be used nor made, before the work whose result it is to hold.
 *
 * @param option - as typed: `--out`
 * @throws an error with the system's code
 */
export async function assertFolderFits(option: string, folder: string): Promise<void> {
  let nearest = resolve(folder);
  while (!(await isThere(nearest)) && dirname(nearest) !== nearest) nearest = dirname(nearest);
  await assertFolderTakes(option, nearest, folder);
}

/**
 * Refuses a run folder that a new run cannot begin in, before its data and a backend are opened.
 *
 * @throws RunFolderError `DMNN_RUN_EXISTS` if it holds a run and `resume` is false; otherwise as {@link assertFolderFits}
 */
export async function assertRunFits(option: string, folder: string, resume: boolean): Promise<void> {
  await assertFolderFits(option, folder);
  if (resume || !(await isThere(join(folder, 'config.json')))) return;
  const { loadRunConfig } = await import('@dmnn/runs');
  const { runExistsError } = await import('@dmnn/runs/internal');
  throw runExistsError(folder, (await loadRunConfig(folder)).recipe.name);
}

/**
 * Refuses what cannot be a trained network, before data and a backend are opened.
 *
 * @throws DmnnError `DMNN_USAGE`
 */
export async function assertNetworkFolder(option: string, folder: string): Promise<void> {
  const expected = `${option}: expected a run folder or an imported model folder, got ${folder}`;
  if (!(await isThere(folder))) throw usageError(`${expected}, which does not exist.`);
  const files = ['config.json', 'model.json'];
  if (!(await Promise.all(files.map((file) => isThere(join(folder, file))))).includes(true)) {
    throw usageError(`${expected}, which holds neither ${files.join(' nor ')}.`);
  }
}

async function assertFolderTakes(option: string, folder: string, path: string): Promise<void> {
  try {
    await access(`${folder}${sep}.`, constants.W_OK); // with the dot, a file is refused as what it is
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const error = new Error(
      `${option} ${path}: expected a folder that can be written to, got ${message}. Choose another one.`,
      { cause },
    );
    throw Object.assign(error, { code: systemCode(cause), path });
  }
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
