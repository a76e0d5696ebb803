import { fsync } from 'node:fs';
import { type FileHandle, open, readFile, readdir, rename, rm, stat, truncate } from 'node:fs/promises';
import { promisify } from 'node:util';
import { makeFolder } from './make-folder.js';
import { systemCode } from './system-code.js';

/** The file operations that packages need. Tests pass one that fails; {@link nodeFileSystem} is the real one. */
export interface FileSystem {
  /** Creates a folder and its parents; does nothing if it exists. */
  makeFolder(path: string): Promise<void>;
  /** Writes or replaces a file and waits until it is on the disk. */
  writeFile(path: string, bytes: Uint8Array): Promise<void>;
  /** Appends to a file, creating it if necessary; does not wait for the disk. */
  append(path: string, bytes: Uint8Array): Promise<void>;
  /** Reads a whole file into a new array. */
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
  async writeFile(path, bytes) {
    const file = await open(path, 'w');
    try {
      await file.writeFile(bytes);
      await synced(file);
    } finally {
      await file.close();
    }
  },
  async append(path, bytes) {
    const file = await open(path, 'a');
    try {
      await file.writeFile(bytes);
    } finally {
      await file.close();
    }
  },
  async readFile(path) {
    const { buffer, byteOffset, length } = await readFile(path);
    return new Uint8Array(buffer, byteOffset, length); // Buffer's slice() does not copy, although readers may rely on a copy
  },
  async list(path) {
    try {
      return (await readdir(path)).sort();
    } catch (error) {
      if (isAbsent(error)) return [];
      throw error;
    }
  },
  async size(path) {
    try {
      return (await stat(path)).size;
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  },
  truncate,
  rename,
  async remove(path) {
    await rm(path, { recursive: true, force: true });
  },
  async sync(path) {
    const file = await open(path, 'r');
    try {
      await synced(file);
    } catch (error) {
      // some systems cannot sync a folder; there the rename alone has to suffice
      const code = systemCode(error);
      if (code !== 'EPERM' && code !== 'EINVAL') throw error;
    } finally {
      await file.close();
    }
  },
};

/** Not `file.sync()`: Yarn's Plug'n'Play replaces Node's file handles by its own, which lack it. */
function synced(file: FileHandle): Promise<void> {
  return promisify(fsync)(file.fd);
}

function isAbsent(error: unknown): boolean {
  const code = systemCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}
