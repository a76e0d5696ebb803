import { fsync } from 'node:fs';
import { type FileHandle, open, readFile, readdir, rename, rm, stat, truncate } from 'node:fs/promises';
import { promisify } from 'node:util';
import { makeFolder } from './make-folder.js';
import { systemCode } from './system-code.js';

/** What is needed of a disk. Tests pass one that fails; {@link nodeFileSystem} is the real one. */
export interface FileSystem {
  /** Creates a folder and those above it; does nothing if it is there. */
  makeFolder(path: string): Promise<void>;
  /** Writes or replaces a file and waits until it is on the disk. */
  writeFile(path: string, bytes: Uint8Array): Promise<void>;
  /** Adds to the end of a file, making it if need be; does not wait for the disk. */
  append(path: string, bytes: Uint8Array): Promise<void>;
  /** The whole file, in an array of its own. */
  readFile(path: string): Promise<Uint8Array>;
  /** Names in a folder; none if there is no such folder. */
  list(path: string): Promise<string[]>;
  /** Bytes of a file; undefined if there is none. */
  size(path: string): Promise<number | undefined>;
  /** Cuts a file to a length. */
  truncate(path: string, bytes: number): Promise<void>;
  /** Moves a file or folder to where nothing is, or a file over a file, at once. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file or a folder with what it holds; does nothing if it is not there. */
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
    return new Uint8Array(buffer, byteOffset, length); // Buffer's slice() does not copy, as readers may rely on
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
      // some systems cannot sync a folder; there the rename alone has to do
      const code = systemCode(error);
      if (code !== 'EPERM' && code !== 'EINVAL') throw error;
    } finally {
      await file.close();
    }
  },
};

/** Not `file.sync()`: Yarn's Plug'n'Play puts handles of its own in place of Node's, which lack it. */
function synced(file: FileHandle): Promise<void> {
  return promisify(fsync)(file.fd);
}

function isAbsent(error: unknown): boolean {
  const code = systemCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}
