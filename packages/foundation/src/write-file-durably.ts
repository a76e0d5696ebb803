import { basename, dirname, join } from 'node:path';
import { type FileSystem, nodeFileSystem } from './file-system.js';

/**
 * Writes or replaces a file so that whenever the process or the machine stops, the file holds either all of the new
 * content or what it held before.
 *
 * The content goes to a file of another name in the same folder, is waited for until it is on the disk, and takes the
 * place of the old one at once; then the folder's list of names is waited for.
 *
 * @param path - in a folder that exists
 * @param content - text is written as UTF-8
 * @throws what the file system throws; then the file is as it was, and nothing else is left in the folder
 * @example
 * ```ts
 * import { writeFileDurably } from '@dmnn/foundation/node';
 * import { mkdtemp, readFile, readdir } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 *
 * const folder = await mkdtemp(join(tmpdir(), 'dmnn-'));
 * await writeFileDurably(join(folder, 'table.json'), '{"format": 1}');
 * console.log(await readdir(folder), await readFile(join(folder, 'table.json'), 'utf8'));
 * // => [ 'table.json' ] {"format": 1}
 * ```
 */
export async function writeFileDurably(
  path: string,
  content: string | Uint8Array,
  fileSystem: FileSystem = nodeFileSystem,
): Promise<void> {
  const folder = dirname(path);
  const partial = join(folder, `.${basename(path)}.${process.pid}.${writes++}.partial`);
  try {
    await fileSystem.writeFile(
      partial,
      typeof content === 'string' ? new TextEncoder().encode(content) : content,
    );
    await fileSystem.rename(partial, path);
  } catch (error) {
    await fileSystem.remove(partial).catch(() => undefined); // the first failure is the one to report
    throw error;
  }
  await fileSystem.sync(folder);
}

/** Tells apart two writes of one file at the same time. */
let writes = 0;
