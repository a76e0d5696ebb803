import { realpath, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type FileSystem, nodeFileSystem } from './file-system.js';

/**
 * Writes or replaces a file so that, whenever the process or the machine stops, the file has either all of the new
 * content or all of the old.
 *
 * The content is written to a temporary file in the same folder and synced to the disk, then renamed over the old file;
 * then the folder is synced. The target of a symbolic link is replaced, not the link. A device or a pipe, such as
 * `/dev/stdout`, is written into.
 *
 * @param path - path in an existing folder
 * @param content - text is written as UTF-8
 * @throws the file system's error, in which case the file is unchanged and nothing else is left in the folder
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
  const target = await targetOf(path);
  if (target.isStream) {
    await writeFile(target.path, content);
    return;
  }
  const folder = dirname(target.path);
  const partial = join(folder, `.${basename(target.path)}.${process.pid}.${writes++}.partial`);
  try {
    await fileSystem.writeFile(
      partial,
      typeof content === 'string' ? new TextEncoder().encode(content) : content,
    );
    await fileSystem.rename(partial, target.path);
  } catch (error) {
    await fileSystem.remove(partial).catch(() => undefined); // the first failure is the one to report
    throw naming(error, partial, target.path);
  }
  await fileSystem.sync(folder);
}

/** Rewrites an error to name the requested file, since callers do not know the temporary one. */
function naming(error: unknown, partial: string, path: string): unknown {
  if (!(error instanceof Error)) return error;
  error.message = error.message.replaceAll(partial, path);
  if ('path' in error && error.path === partial) error.path = path;
  return error;
}

/** Resolves links, and reports whether the target is a stream, such as a device or a pipe. */
async function targetOf(path: string): Promise<{ path: string; isStream: boolean }> {
  try {
    const found = await stat(path);
    // `/dev/stdout` may lead to a pipe, which has no path
    if (!found.isFile() && !found.isDirectory()) return { path, isStream: true };
    return { path: await realpath(path), isStream: false };
  } catch {
    return { path, isStream: false }; // the file does not exist yet, or writing will report the error
  }
}

/** Numbers the writes, so that concurrent writes of one file use different temporary files. */
let writes = 0;
