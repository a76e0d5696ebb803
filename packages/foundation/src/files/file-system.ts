import { constants } from 'node:fs';
import { open, readdir, rename, rm, stat, truncate } from 'node:fs/promises';
import { closeAfter } from '../close-after.js';
import { type FileUse, orFileError, systemCode } from './file-error.js';
import { makeFolder } from './make-folder.js';
import { readRegularFile } from './read-regular-file.js';
import { syncFolder, synced } from './sync-folder.js';

/**
 * The file operations that packages need. Tests pass one that fails; {@link nodeFileSystem} is the real one.
 *
 * Failed system calls are {@link FileError}s; {@link systemCode} gives the system's code.
 */
export interface FileSystem {
  /** Creates a folder and its parents, and waits until their names are on the disk; does nothing if it exists. */
  makeFolder(path: string): Promise<void>;
  /**
   * Creates a file and waits until its content is on the disk. Refuses a path at which something is, a link too: a file
   * is replaced by a rename, so that it is never half written.
   */
  writeFile(path: string, content: Uint8Array | AsyncIterable<Uint8Array>): Promise<void>;
  /** Appends to a file, creating it if necessary; does not wait for the disk. */
  append(path: string, bytes: Uint8Array): Promise<void>;
  /** Reads a whole file into a new array. Refuses pipes and devices. */
  readFile(path: string): Promise<Uint8Array>;
  /** Lists the names in a folder; empty if it does not exist. */
  list(path: string): Promise<string[]>;
  /** Returns the size of a file in bytes; `undefined` if it does not exist. */
  size(path: string): Promise<number | undefined>;
  /** Truncates a file to a length in bytes. */
  truncate(path: string, bytes: number): Promise<void>;
  /** Moves a file or folder to an unused path, or a file over a file, atomically. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file, or a folder and its contents; does nothing if it does not exist. */
  remove(path: string): Promise<void>;
  /** Waits until a file or a folder's list of names is on the disk. */
  sync(path: string): Promise<void>;
}

/** The disk of this machine. */
export const nodeFileSystem: FileSystem = {
  makeFolder,
  async writeFile(path, content) {
    await orFileError(writing(path), async () => {
      const file = await open(path, CREATE, 0o666);
      await closeAfter(
        async () => {
          await file.writeFile(content as Uint8Array); // Node takes parts one after the other, too; its types do not say so
          await synced(file);
        },
        () => file.close(),
      );
    });
  },
  async append(path, bytes) {
    await orFileError(writing(path), async () => {
      const file = await open(path, 'a');
      await closeAfter(
        () => file.writeFile(bytes),
        () => file.close(),
      );
    });
  },
  readFile: (path) => readRegularFile(path),
  async list(path) {
    return orFileError({ path, to: 'read', expected: 'a folder that can be listed' }, async () => {
      try {
        return (await readdir(path)).sort();
      } catch (error) {
        if (isAbsent(error)) return [];
        throw error;
      }
    });
  },
  async size(path) {
    return orFileError({ path, to: 'read' }, async () => {
      try {
        return (await stat(path)).size;
      } catch (error) {
        if (isAbsent(error)) return undefined;
        throw error;
      }
    });
  },
  truncate: (path, bytes) => orFileError(writing(path), () => truncate(path, bytes)),
  rename: (from, to) => orFileError(writing(to), () => rename(from, to)),
  remove: (path) =>
    orFileError({ path, to: 'write', expected: 'something that can be removed' }, () =>
      rm(path, { recursive: true, force: true }),
    ),
  sync: (path) => orFileError(writing(path), () => syncFolder(path)),
};

// O_EXCL refuses a link, too, wherever it leads
const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;

function writing(path: string): FileUse {
  return { path, to: 'write' };
}

function isAbsent(error: unknown): boolean {
  const code = systemCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}
