import { createHash, randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { closeIfFails, parseJson } from '@dmnn/foundation';
import { FileError, type FileSystem, systemCode } from '@dmnn/foundation/node';
import { CheckpointError, newerCheckpointError } from './checkpoint-error.js';

/** The files of a checkpoint, by name. */
export type CheckpointFiles = ReadonlyMap<string, Uint8Array>;

/** `manifest.json`: written last, so that a folder with one is complete. */
interface Manifest {
  readonly format: 1;
  readonly files: { readonly [name: string]: { readonly bytes: number; readonly sha256: string } };
}

const manifestName = 'manifest.json';
/** Where a run stood at a checkpoint. */
export const stateFile = 'state.json';

/**
 * Writes a checkpoint's files into a new folder next to `path`, each flushed to disk, then the manifest with their checksums:
 * one rename to `path` then makes the checkpoint.
 *
 * @returns the new folder, of a name that nobody can know before: {@link isUnfinished}
 * @throws any error of the disk; the unfinished folder is removed if that can still be done
 */
export async function stageCheckpoint(
  path: string,
  files: CheckpointFiles,
  disk: FileSystem,
): Promise<string> {
  const staged = unfinishedPath(path);
  try {
    await disk.makeFolder(staged);
    const sums: Record<string, { bytes: number; sha256: string }> = {};
    for (const [name, bytes] of files) {
      await disk.writeFile(join(staged, name), bytes);
      sums[name] = { bytes: bytes.length, sha256: sha256(bytes) };
    }
    const manifest: Manifest = { format: 1, files: sums };
    await disk.writeFile(
      join(staged, manifestName),
      new TextEncoder().encode(JSON.stringify(manifest, null, 2)),
    );
    await disk.sync(staged);
    return staged;
  } catch (error) {
    await disk.remove(staged).catch(() => undefined); // the first error is the one to report
    throw error;
  }
}

/**
 * Writes a checkpoint completely or not at all.
 *
 * @param path - the checkpoint's folder, which must not exist
 * @throws any error of the disk; the unfinished folder is removed if that can still be done
 */
export async function writeCheckpoint(path: string, files: CheckpointFiles, disk: FileSystem): Promise<void> {
  await disk.makeFolder(dirname(path));
  const staged = await stageCheckpoint(path, files, disk);
  await closeIfFails(
    async () => {
      await disk.rename(staged, path);
      await disk.sync(dirname(path));
    },
    () => disk.remove(staged),
  );
}

/** A path next to another, for what is being written or removed there. A process that is killed leaves it. */
export function unfinishedPath(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.partial`);
}

/** Whether a name is that of {@link unfinishedPath} for some path of this name; those of older versions have no number. */
export function isUnfinished(name: string, of: string): boolean {
  return name.startsWith(`.${of}.`) && /^(?:[0-9a-f]{12}\.)?partial$/.test(name.slice(of.length + 2));
}

/** Removes what a process that was killed has left of writing or removing a path. */
export async function removeUnfinishedOf(path: string, disk: FileSystem): Promise<void> {
  const folder = dirname(path);
  for (const name of await disk.list(folder))
    if (isUnfinished(name, basename(path))) await disk.remove(join(folder, name));
}

/**
 * Reads a checkpoint and checks every byte of it.
 *
 * @throws CheckpointError listing every file that is missing, cut short or changed; if a newer version wrote it, saying so
 */
export async function readCheckpoint(path: string, disk: FileSystem): Promise<CheckpointFiles> {
  const manifest = await readManifest(path, disk);
  const files = new Map<string, Uint8Array>();
  const problems: string[] = [];
  for (const [name, { bytes, sha256: expected }] of Object.entries(manifest.files)) {
    const content = await readIfThere(join(path, name), disk);
    if (typeof content === 'string') problems.push(`${name}: ${content}`);
    else if (content.length !== bytes)
      problems.push(`${name}: expected ${bytes} bytes, got ${content.length}`);
    else if (sha256(content) !== expected)
      problems.push(`${name}: expected SHA-256 ${expected}, got ${sha256(content)}`);
    else files.set(name, content);
  }
  if (problems.length > 0) throw new CheckpointError(path, problems);
  const newer = newerBy(path, stateFile, files.get(stateFile));
  if (newer) throw newer;
  return files;
}

async function readManifest(path: string, disk: FileSystem): Promise<Manifest> {
  const bytes = await readIfThere(join(path, manifestName), disk);
  if (typeof bytes === 'string') throw new CheckpointError(path, [`${manifestName}: ${bytes}`]);
  const newer = newerBy(path, manifestName, bytes);
  if (newer) throw newer;
  let value: unknown;
  try {
    value = parseJson(bytes);
  } catch (error) {
    throw new CheckpointError(path, [
      `${manifestName}: ${error instanceof Error ? error.message : String(error)}`,
    ]);
  }
  if (!isManifest(value))
    throw new CheckpointError(path, [`${manifestName}: expected format 1 and a list of files`]);
  return value;
}

/** What a checkpoint is refused with if one of its files says that a newer version wrote it, be it intact or not. */
export async function newerVersionOf(path: string, disk: FileSystem): Promise<CheckpointError | undefined> {
  for (const name of [manifestName, stateFile]) {
    const bytes = await readIfThere(join(path, name), disk);
    const newer = typeof bytes === 'string' ? undefined : newerBy(path, name, bytes);
    if (newer) return newer;
  }
  return undefined;
}

function newerBy(path: string, name: string, bytes: Uint8Array | undefined): CheckpointError | undefined {
  if (!bytes) return undefined;
  try {
    const value = parseJson(bytes);
    const format = typeof value === 'object' && value !== null && 'format' in value && value.format;
    return isNewerFormat(format) ? newerCheckpointError(path, name, format) : undefined;
  } catch {
    return undefined; // not JSON, so it says nothing
  }
}

/** Whether a file's format is one that only a newer version can have written: those of this one are all 1. */
export function isNewerFormat(format: unknown): format is number {
  return typeof format === 'number' && Number.isInteger(format) && format > 1;
}

function isManifest(value: unknown): value is Manifest {
  if (typeof value !== 'object' || value === null) return false;
  const { format, files } = value as { format?: unknown; files?: unknown };
  return (
    format === 1 &&
    typeof files === 'object' &&
    files !== null &&
    Object.entries(files).length > 0 &&
    Object.entries(files as Record<string, { bytes?: unknown; sha256?: unknown } | null>).every(
      ([name, sum]) =>
        /^[a-z][a-z.-]*$/.test(name) && typeof sum?.bytes === 'number' && typeof sum.sha256 === 'string',
    )
  );
}

/** The bytes of a file; where there is no file, what there is instead. */
async function readIfThere(path: string, disk: FileSystem): Promise<Uint8Array | string> {
  try {
    return await disk.readFile(path);
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'missing';
    if (error instanceof FileError && error.found !== undefined) return `got ${error.found}`;
    throw error;
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
