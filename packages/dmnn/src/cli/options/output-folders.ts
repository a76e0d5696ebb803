import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { assertLeadsSomewhere, fileError, kindOfFile, placeToWrite } from '@dmnn/foundation/node';
import { usageError } from '../terminal/usage-error.js';

/**
 * Refuses a file that could not be written, before the work whose result it is to hold.
 *
 * @param option - as typed: `--out`
 * @throws DmnnError `DMNN_USAGE` if it is a folder or a socket; FileError if its folder, or that of what it links to, is not
 *   there or cannot be written to
 */
export async function assertFileFits(option: string, file: string): Promise<void> {
  const there = await stat(file).catch(() => undefined);
  if (there?.isDirectory() === true || there?.isSocket() === true) {
    throw usageError(`${option}: expected a file, got ${file}, which is ${kindOfFile(there)}.`);
  }
  const place = await placeToWrite(file, option);
  if (!place.isStream) await assertFolderTakes(option, dirname(resolve(place.path)), file); // a stream needs no folder
}

/**
 * Refuses a folder that could neither be used nor made, before the work whose result it is to hold.
 *
 * @param option - as typed: `--out`
 * @throws FileError
 */
export async function assertFolderFits(option: string, folder: string): Promise<void> {
  let nearest = resolve(folder);
  while (!(await isThere(nearest)) && dirname(nearest) !== nearest) {
    await assertLeadsSomewhere(nearest, option);
    nearest = dirname(nearest);
  }
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
  if (await isThere(join(folder, 'cascade.json'))) {
    throw usageError(
      `${option}: expected one network, got a cascade of several (cascade.json), ${folder}. Give one of the networks that it names.`,
    );
  }
  const files = ['config.json', 'model.json'];
  if (!(await Promise.all(files.map((file) => isThere(join(folder, file))))).includes(true)) {
    throw usageError(`${expected}, which holds neither ${files.join(' nor ')}.`);
  }
}

async function assertFolderTakes(option: string, folder: string, path: string): Promise<void> {
  try {
    await access(`${folder}${sep}.`, constants.W_OK); // with the dot, a file is refused as what it is
  } catch (cause) {
    throw fileError(cause, {
      path,
      to: 'write',
      name: option,
      expected: 'a folder that can be written to',
      remedy: 'Choose another one.',
    });
  }
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
