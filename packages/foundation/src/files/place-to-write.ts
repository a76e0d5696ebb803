import type { Stats } from 'node:fs';
import { readlink, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { printable } from '../printable.js';
import { FileError, fileError, systemCode } from './file-error.js';

/** Where a file is to be written. */
export interface PlaceToWrite {
  /** Free of links at its end, unless it is a stream. */
  readonly path: string;
  /** Whether it is a device or a pipe, which is written into and never replaced. */
  readonly isStream: boolean;
}

/**
 * Resolves the links at the end of a path that is to be written, also of one that leads to nothing yet.
 *
 * @param name - what the path stands for, such as `--out`, for the message
 * @throws FileError if it is a folder or a socket, or links lead in a circle
 */
export async function placeToWrite(path: string, name?: string): Promise<PlaceToWrite> {
  let found: Stats;
  try {
    found = await stat(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return { path: await endOfLinks(path), isStream: false };
    throw fileError(error, { path, to: 'write', name });
  }
  if (found.isFile()) return { path: await realpath(path), isStream: false };
  // `/dev/stdout` may lead to a pipe, which has no path
  if (!found.isDirectory() && !found.isSocket()) return { path, isStream: true };
  const subject = printable(name === undefined ? path : `${name} ${path}`, 4096);
  throw new FileError(
    'DMNN_FILE',
    `${subject}: expected a file, got ${found.isDirectory() ? 'a folder' : 'a socket'}. Name a file.`,
    { path },
  );
}

/** Follows links that lead to nothing, whose target is to be made. */
async function endOfLinks(path: string): Promise<string> {
  let end = path;
  // the system refuses more links than this one after the other
  for (let links = 0; links < 40; links++) {
    let target: string;
    try {
      target = await readlink(end);
    } catch {
      return end;
    }
    end = resolve(await realpath(dirname(end)).catch(() => dirname(end)), target);
  }
  return join(dirname(path), basename(path));
}
