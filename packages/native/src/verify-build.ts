import { createHash } from 'node:crypto';
import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
  writeSync,
} from 'node:fs';
import { uptime } from 'node:os';
import { join } from 'node:path';
import { closeAfterSync } from '@dmnn/foundation';
import { systemCode } from '@dmnn/foundation/node';
import type { BuiltFile } from './built-file.js';

/** The file in a build that says which states of its files were found to be right. */
const VERDICT = 'checked.json';

/**
 * Compares the files of a build that will be loaded with their sizes and sums.
 *
 * Reading a gigabyte takes about a second, so the outcome is kept in the build: it holds until the machine starts
 * again, or one of the files has another inode, size, or time of a change.
 *
 * @param folder - of the build; it gets the outcome
 * @param files - those that will be loaded
 * @returns the first problem, as one line that names the file; `undefined` if there is none.
 */
export function problemOf(folder: string, files: readonly BuiltFile[]): string | undefined {
  const verdict = join(folder, VERDICT);
  const began = Date.now();
  let path = '';
  try {
    const state = (): string => {
      const lines = files.map((file) => {
        path = join(folder, file.path);
        return JSON.stringify({ ...file, ...identity(statSync(path, { bigint: true })) });
      });
      return `${bootOf()}\n${lines.join('\n')}\n`;
    };
    const before = state();
    if (textOf(verdict) === before) return undefined;
    for (const file of files) {
      path = join(folder, file.path);
      const problem = differenceOf(path, file);
      if (problem !== undefined) return problem;
    }
    const newest = files.reduce((latest, file) => {
      path = join(folder, file.path);
      return Math.max(latest, Number(statSync(path, { bigint: true }).ctimeNs / 1_000_000n));
    }, 0);
    // a file that is changed twice within a tick of its clock shows only one change
    if (state() === before && newest < began - TICKS_MS) keep(verdict, before);
    return undefined;
  } catch (error) {
    const code = systemCode(error);
    return code === 'ENOENT' || code === 'ENOTDIR'
      ? `${path} is missing`
      : `${path} cannot be read (${code ?? String(error)})`;
  }
}

/** More than the coarsest clock of a file system: FAT's. */
const TICKS_MS = 3000;

/** What changes whenever a file is written or replaced. */
function identity(stats: BigIntStats): Record<string, string> {
  const { dev, ino, size, mtimeNs, ctimeNs } = stats;
  return Object.fromEntries(
    Object.entries({ dev, ino, size, mtimeNs, ctimeNs }).map(([key, value]) => [key, String(value)]),
  );
}

/** Identifies the time since the machine started; elsewhere than on Linux to the minute. */
function bootOf(): string {
  return (
    textOf('/proc/sys/kernel/random/boot_id')?.trim() ?? `${Math.round((Date.now() / 1000 - uptime()) / 60)}`
  );
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** Writes the verdict where that is possible; a half-written one equals no state. */
function keep(path: string, text: string): void {
  try {
    const { O_CREAT, O_TRUNC, O_WRONLY, O_NOFOLLOW } = constants;
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- Windows lacks it
    const file = openSync(path, O_CREAT | O_TRUNC | O_WRONLY | (O_NOFOLLOW ?? 0), 0o644);
    closeAfterSync(
      () => {
        writeSync(file, text);
      },
      () => {
        closeSync(file);
      },
    );
  } catch {
    // a cache that is read-only, or full: the next process checks again
  }
}

/** @throws the file system's error. */
function differenceOf(path: string, { bytes, sha256 }: BuiltFile): string | undefined {
  // without blocking: a pipe in its place would wait for ever
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- Windows lacks it
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  return closeAfterSync(
    () => {
      const stats = fstatSync(file);
      if (!stats.isFile()) return `${path} is no regular file`;
      if (stats.size !== bytes) return `${path} is damaged: expected ${bytes} bytes, got ${stats.size}`;
      const hash = createHash('sha256');
      const piece = Buffer.allocUnsafe(4 << 20);
      for (;;) {
        const read = readSync(file, piece, 0, piece.length, null);
        if (read === 0) break;
        hash.update(piece.subarray(0, read));
      }
      const got = hash.digest('hex');
      return got === sha256 ? undefined : `${path} is damaged: expected SHA-256 ${sha256}, got ${got}`;
    },
    () => {
      closeSync(file);
    },
  );
}
