import { readdir } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { DataError } from '../data-error.js';

const extensions = ['.jpg', '.jpeg', '.png', '.webp', '.gif', '.tif', '.tiff', '.avif'];

/** Whether a file's name ends as an image's does. */
export function isImageName(name: string): boolean {
  return extensions.includes(extname(name).toLowerCase());
}

/**
 * Images in a folder and in all folders within it, by their names; links to images are followed, those to
 * folders and other files passed over.
 *
 * @returns paths that begin with the folder's, sorted by code units: the same on every machine
 * @throws DataError (`DMNN_DATA`) if it cannot be read or has none
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
  const remedy = 'Give an image, or a folder that holds images.';
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
