import { join } from 'node:path';
import { DataError } from '../data-error.js';
import type { PassedOver } from '../found-images.js';
import { PassedOverFiles } from '../found/passed-over-files.js';
import { passedOverText } from '../found/found-text.js';
import { systemPath } from '../system-path.js';
import { byCodeUnits, entriesOf } from './folder-entries.js';
import { imageExtensions } from './image-names.js';

const REMEDY = 'Pass an image, or a folder that contains images.';

/**
 * Lists the images in a folder and its subfolders by file name, each once. Links to images are followed; links to
 * folders, hidden files, other files, and files whose names are not UTF-8 and so no texts, are skipped; `findImageFiles`
 * counts them.
 *
 * @returns paths that begin with the folder's, sorted by code units: the same on every machine
 * @throws DataError (`DMNN_DATA`) if the folder cannot be read or contains no images
 * @example
 * ```ts
 * import { DataError, listImageFiles } from '@dmnn/data';
 *
 * try {
 *   console.log(await listImageFiles('/there/is/no/such/folder'));
 * } catch (error) {
 *   if (!(error instanceof DataError)) throw error;
 *   console.log(error.file, error.expected); // => /there/is/no/such/folder a readable folder
 * }
 * ```
 */
export async function listImageFiles(directory: string): Promise<string[]> {
  return [...(await findImageFiles(directory)).files];
}

/** As {@link listImageFiles}, with what was passed over. */
export async function findImageFiles(
  directory: string,
): Promise<{ readonly files: readonly string[]; readonly passedOver: readonly PassedOver[] }> {
  const files: string[] = [];
  const passed = new PassedOverFiles();
  const read = async (folder: string, within: string): Promise<void> => {
    const entries = await entriesOf(folder, within, REMEDY);
    const inside = (name: string): string => (within === '' ? name : `${within}/${name}`);
    // what is named as an image and is no file is listed too: reading it gives an error of its own
    for (const name of [...entries.images, ...entries.notFiles.map((each) => each.name)]) {
      const path = join(folder, name);
      if (systemPath(path) === path) files.push(path);
      else passed.add({ reason: 'name that is not UTF-8', unit: 'file', example: inside(name) });
    }
    for (const name of entries.others) passed.notRead(inside(name));
    for (const name of entries.folderLinks) {
      passed.add({ reason: 'link to a folder', unit: 'folder', example: inside(name) });
    }
    passed.addAll(entries.passedOver.list());
    for (const name of entries.folders) await read(join(folder, name), inside(name));
  };
  await read(directory, '');
  if (files.length > 0) return { files: files.sort(byCodeUnits), passedOver: passed.list() };
  throw new DataError({
    file: directory,
    expected: `files named ${imageExtensions.join(', ')}`,
    got: `none${passedOverText(passed.list())}`,
    remedy: REMEDY,
  });
}
