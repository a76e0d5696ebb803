import { readdir } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { DataError } from '../data-error.js';

const extensions = ['.jpg', '.jpeg', '.png', '.webp', '.gif', '.tif', '.tiff', '.avif'];

/** Whether a file name has the extension of an image. */
export function isImageName(name: string): boolean {
  return extensions.includes(extname(name).toLowerCase());
}

/**
 * Lists the images in a folder and its subfolders by file name. Links to images are followed; links to folders and
 * other files are skipped.
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
  const remedy = 'Pass an image, or a folder that contains images.';
  const entries = await readdir(directory, { withFileTypes: true, recursive: true }).catch(
    (cause: unknown) => {
      const got = cause instanceof Error ? cause.message : String(cause);
      throw new DataError({ file: directory, expected: 'a readable folder', got, remedy }, { cause });
    },
  );
  const files = entries
    .filter((entry) => (entry.isFile() || entry.isSymbolicLink()) && isImageName(entry.name))
    .map(({ parentPath, name }) => join(parentPath, name));
  if (files.length > 0) return files.sort((a, b) => (a < b ? -1 : 1));
  throw new DataError({
    file: directory,
    expected: `files named ${extensions.join(', ')}`,
    got: 'none',
    remedy,
  });
}
