import { constants } from 'node:fs';
import { access, mkdtemp, rmdir, stat } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import {
  assertLeadsSomewhere,
  fileError,
  kindOfFile,
  orFileError,
  placeToWrite,
} from '@dmnn/foundation/node';
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
  await assertNoneOfModel(option, file, resolve(place.path));
  if (place.isStream) return; // a stream needs no folder
  const folder = dirname(resolve(place.path));
  await assertFolderTakes(option, folder, file);
  // a file is written next to its place, and then takes it
  await assertTakesMore(option, folder, file, 'a file that can be made');
}

/** @throws DmnnError `DMNN_USAGE` if a file is part of a run, a model or a cascade, which would be lost with it */
async function assertNoneOfModel(option: string, file: string, path: string): Promise<void> {
  if (!(await isThere(path))) return; // what is not there is not lost
  const { isFileOfFolder, markerFiles } = await import('@dmnn/runs/internal');
  if (!isFileOfFolder(path)) return;
  const folder = dirname(path);
  const marker = (await Promise.all(markerFiles.map((name) => isThere(join(folder, name))))).indexOf(true);
  if (marker < 0) return;
  throw usageError(
    `${option}: expected a file of its own, got ${file}, which is part of what its folder holds (${markerFiles[marker] ?? ''}). Choose another name.`,
  );
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
  if (nearest !== resolve(folder))
    await assertTakesMore(option, nearest, folder, 'a folder that can be made');
}

/** Some file systems, such as /proc, take nothing new, whoever asks. */
async function assertTakesMore(
  option: string,
  parent: string,
  path: string,
  expected: string,
): Promise<void> {
  await orFileError(
    {
      path,
      to: 'write',
      name: option,
      expected,
      remedy: 'Choose another path.',
    },
    async () => {
      await rmdir(await mkdtemp(join(parent, '.dmnn-')));
    },
  );
}

/**
 * Refuses a run folder that a new run cannot begin in, before its data and a backend are opened.
 *
 * @throws RunFolderError `DMNN_RUN_EXISTS` if it holds a run and `resume` is false; otherwise as {@link assertFolderFits}
 */
export async function assertRunFits(option: string, folder: string, resume: boolean): Promise<void> {
  await assertFolderFits(option, folder);
  for (const [marker, what] of [
    ['cascade.json', 'a cascade'],
    ['model.json', 'an imported model'],
  ] as const) {
    if (await isThere(join(folder, marker)))
      throw usageError(
        `${option}: expected a folder for a run, got ${folder}, which holds ${what}. Choose another.`,
      );
  }
  if (resume || !(await isThere(join(folder, 'config.json')))) return;
  const { loadRunConfig } = await import('@dmnn/runs');
  const { runExistsError } = await import('@dmnn/runs/internal');
  throw runExistsError(folder, (await loadRunConfig(folder)).recipe.name);
}

/**
 * Refuses a folder that is there, or could not be made.
 *
 * @throws DmnnError `DMNN_USAGE`; what {@link assertFolderFits} throws
 */
export async function assertNewFolder(option: string, folder: string): Promise<void> {
  if (await isThere(folder))
    throw usageError(`${option}: expected a new folder, got ${folder}, which exists. Choose another.`);
  await assertFolderFits(option, folder);
}

/**
 * Refuses what cannot be a trained network, before data and a backend are opened.
 *
 * @throws DmnnError `DMNN_USAGE`
 */
export async function assertNetworkFolder(option: string, folder: string): Promise<void> {
  const { refuseSetting } = await import('./open-network.js');
  await refuseSetting(option, folder);
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
  const there = await stat(folder).catch(() => undefined);
  if (there?.isDirectory() === false && !there.isFile())
    throw usageError(`${option}: expected a folder, got ${path}, which is ${kindOfFile(there)}.`);
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
