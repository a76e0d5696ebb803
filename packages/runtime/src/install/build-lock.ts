import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

import { BuildError } from './build-error.js';

interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When the process began, in the kernel's ticks, so that a reused number is not taken for it; '' if unknown. */
  readonly started: string;
}

/** When a process began; '' if that cannot be known, `undefined` if it has ended and only waits to be reaped. */
function startOf(pid: number): string | undefined {
  try {
    // the program's name, in parentheses, may hold spaces; after it come the state and, 19 fields on, the start
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : (fields[19] ?? '');
  } catch {
    return '';
  }
}

function isAlive({ pid, host, started }: Holder): boolean {
  if (host !== hostname()) return true; // a shared home folder: it cannot be asked from here
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return startOf(pid) === started;
}

function readHolder(path: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}

/**
 * Lets one process at a time build in a folder. A lock whose process is gone is taken over.
 *
 * @param directory - made if need be.
 * @returns the function that gives the lock back.
 * @throws BuildError, step `lock`, if another process has it.
 */
export function lockBuild(directory: string, name: string): () => void {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, `${name}.lock`);
  const own = `${path}.${process.pid}`;
  const holder: Holder = { pid: process.pid, host: hostname(), started: startOf(process.pid) ?? '' };
  writeFileSync(own, JSON.stringify(holder));
  try {
    for (let attempt = 0; attempt < 3; attempt++) {
      try {
        linkSync(own, path); // unlike writing, it fails where there is one, and is complete where it does not
        return () => {
          if (readHolder(path)?.pid === process.pid) rmSync(path, { force: true });
        };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const other = readHolder(path);
      if (other && isAlive(other)) {
        throw new BuildError(
          'lock',
          `process ${other.pid} on ${other.host} is building in ${directory}.`,
          `Wait until it has finished, or delete ${path} if there is no such process.`,
        );
      }
      const stale = `${own}.stale`;
      try {
        renameSync(path, stale);
      } catch {
        continue; // another process was faster
      }
      rmSync(stale, { force: true });
    }
    throw new BuildError(
      'lock',
      `${path} is taken again and again.`,
      'Try once more when the others have finished.',
    );
  } finally {
    rmSync(own, { force: true });
  }
}
