import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemReason } from '@dmnn/foundation/node';
import { DataError } from '../data-error.js';
import { byCodePoints } from '../folders/folder-entries.js';
import { isHiddenName } from '../folders/image-names.js';
import { pathOf, systemPath } from '../system-path.js';
import { quotedNames } from './quoted-names.js';

/** What folders of a split are called, in lower case; of several that are there, the first is taken. */
const splitNames = {
  train: ['train', 'training'],
  test: ['val', 'valid', 'validation', 'test', 'testing'],
} as const;

/** What lies in a folder of somebody's own images. */
export interface SplitFolders {
  /** All names in it that are not hidden, sorted by code points. */
  readonly names: readonly string[];
  /** Names of the folders among them, and of links. */
  readonly folders: readonly string[];
  /** Path of the folder of training images; undefined if there is none. */
  readonly train: string | undefined;
  /** Path of the folder of test images; undefined if there is none. */
  readonly test: string | undefined;
  /** Names of further folders of test images, which are not read. */
  readonly otherTests: readonly string[];
}

/** Whether a name is one that folders of splits have, in any case. */
export function isSplitName(name: string): boolean {
  return [...splitNames.train, ...splitNames.test].some((each) => each === name.toLowerCase());
}

/**
 * Finds the folders of the splits: `train`, and `val` or else `test`, in upper or lower case.
 *
 * @throws DataError if the folder cannot be read, or two names mean one split
 */
export async function splitFoldersIn(directory: string): Promise<SplitFolders> {
  const { names, folders } = await entriesIn(directory);
  const of = (split: 'train' | 'test'): string[] =>
    splitNames[split].flatMap((name) => {
      const same = folders.filter((folder) => folder.toLowerCase() === name);
      if (same.length < 2) return same;
      throw new DataError({
        file: directory,
        expected: `one folder named ${name}`,
        got: quotedNames(same),
        remedy: 'Put the images of one split into one folder.',
      });
    });
  const [train] = of('train');
  const [test, ...otherTests] = of('test');
  const at = (name: string | undefined) => (name === undefined ? undefined : join(directory, name));
  return { names, folders, train: at(train), test: at(test), otherTests };
}

/** What lies in a folder, without what is hidden, sorted by code points. @throws DataError if it cannot be read */
export async function entriesIn(directory: string): Promise<{ names: string[]; folders: string[] }> {
  try {
    const entries = await readdir(systemPath(directory), { withFileTypes: true, encoding: 'buffer' });
    const shown = entries
      .map((entry) => ({ entry, name: pathOf(entry.name) }))
      .filter(({ name }) => !isHiddenName(name))
      .sort((a, b) => byCodePoints(a.name, b.name));
    return {
      names: shown.map(({ name }) => name),
      // a link may lead to a folder; reading it says if it does not
      folders: shown
        .filter(({ entry }) => entry.isDirectory() || entry.isSymbolicLink())
        .map(({ name }) => name),
    };
  } catch (cause) {
    const remedy = 'Pass the folder of your images: train/ and val/ in it, or one folder per class.';
    throw new DataError(
      { file: directory, expected: 'a readable folder', got: systemReason(cause), remedy },
      { cause },
    );
  }
}
