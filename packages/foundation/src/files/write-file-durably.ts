import { randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import type { FileContent } from './file-content.js';
import { FileError, type FileUse, fileError } from './file-error.js';
import { type FileSystem, nodeFileSystem } from './file-system.js';
import { placeToWrite } from './place-to-write.js';
import { writeIntoStream } from './write-into-stream.js';

/**
 * Writes or replaces a file so that, whenever the process or the machine stops, the file has either all of the new
 * content or all of the old.
 *
 * The content is written to a temporary file of a random name in the same folder and synced to the disk, then renamed over
 * the old file; then the folder is synced. The target of a symbolic link is replaced, not the link. A device or a pipe,
 * such as `/dev/stdout`, is written into.
 *
 * @param path - path in an existing folder
 * @param content - all of it, or its parts in order
 * @param name - what the path stands for, such as `--out`, for the message
 * @throws FileError naming the path, in which case the file is unchanged and nothing else is left in the folder; errors of
 *   `content`
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
  content: FileContent,
  fileSystem: FileSystem = nodeFileSystem,
  name?: string,
): Promise<void> {
  await writeFilesDurably(new Map([[path, content]]), fileSystem, name);
}

/**
 * Writes or replaces several files as {@link writeFileDurably}, all or none of them where a write fails: only when the
 * content of all is on the disk are they renamed, one after the other. A process that is killed between two renames
 * leaves some files new and others old, each of them whole.
 *
 * @param files - content by path; folders must exist
 * @throws FileError naming the path that failed
 */
export async function writeFilesDurably(
  files: ReadonlyMap<string, FileContent>,
  fileSystem: FileSystem = nodeFileSystem,
  name?: string,
): Promise<void> {
  const partials: { readonly partial: string; readonly target: string; readonly use: FileUse }[] = [];
  const streams: { readonly path: string; readonly content: FileContent; readonly use: FileUse }[] = [];
  let current: FileUse | undefined;
  let renamed = 0;
  try {
    for (const [path, content] of files) {
      const use: FileUse = { path, to: 'write', name };
      current = use;
      const place = await placeToWrite(path, name);
      if (place.isStream) {
        streams.push({ path: place.path, content, use });
        continue;
      }
      const partial = partialOf(place.path);
      partials.push({ partial, target: place.path, use });
      await fileSystem.writeFile(
        partial,
        typeof content === 'string' ? new TextEncoder().encode(content) : content,
      );
    }
    for (const { path, content, use } of streams) {
      current = use;
      await writeIntoStream(path, content);
    }
    for (const [i, { partial, target, use }] of partials.entries()) {
      current = use;
      await fileSystem.rename(partial, target);
      renamed = i + 1;
      const next = partials[renamed];
      if (next === undefined || dirname(next.target) !== dirname(target))
        await fileSystem.sync(dirname(target));
    }
  } catch (error) {
    for (const { partial } of partials.slice(renamed)) {
      await fileSystem.remove(partial).catch(() => undefined); // the first failure is the one to report
    }
    throw current === undefined ? error : named(error, current);
  }
}

/** The error with the path that was asked for, since callers do not know the temporary one. */
function named(error: unknown, use: FileUse): unknown {
  const reported = error instanceof FileError && error.path !== use.path && error.cause !== undefined;
  return fileError(reported ? error.cause : error, use);
}

/**
 * A new path next to a file, for what is to replace it: hidden, and of a name that nobody can have planted a link at.
 *
 * @example
 * ```ts
 * import { partialOf } from '@dmnn/foundation/node';
 *
 * console.log(/^out\/\.page\.html\.[0-9a-f]{16}\.partial$/.test(partialOf('out/page.html'))); // => true
 * ```
 */
export function partialOf(path: string): string {
  // a name has at most 255 bytes, and the path's own may have all of them
  const start = Array.from(basename(path)).slice(0, 40).join('');
  return join(dirname(path), `.${start}.${randomBytes(8).toString('hex')}.partial`);
}
