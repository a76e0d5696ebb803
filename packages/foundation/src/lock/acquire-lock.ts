import { createHash } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { parseJson } from '../parse-json.js';
import { processStart } from './process-start.js';
import { systemCode } from '../files/system-code.js';

/** The process that holds a lock. */
export interface LockHolder {
  readonly pid: number;
  /** Distinguishes the process from a later one with the same number. */
  readonly started: string;
  readonly host: string;
}

/** A lock that no other process can take until it is released or its process is gone. */
export interface Lock {
  /** Releases the lock. A second call does nothing. */
  release(): Promise<void>;
}

/** Options of {@link acquireLock}. */
export interface LockOptions {
  /** Creates the error to throw if the lock is held. */
  readonly inUse: (holder: LockHolder) => Error;
}

/**
 * Takes a lock for this process: a file that names its holder. A lock left behind by a killed process is taken over; a
 * lock of another machine never is, since this machine cannot know whether its process is alive.
 *
 * @param path - path of the lock file, in an existing folder, which also briefly contains files whose names begin with
 * this path
 * @throws the error of `inUse` if the lock is held, even by this process; errors of the file system
 * @example
 * ```ts
 * import { acquireLock } from '@dmnn/foundation/node';
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 *
 * const path = join(await mkdtemp(join(tmpdir(), 'dmnn-')), 'lock');
 * const inUse = () => new Error('in use');
 * const lock = await acquireLock(path, { inUse });
 * console.log(String(await acquireLock(path, { inUse }).catch((error: unknown) => error))); // => Error: in use
 * await lock.release();
 * ```
 */
export async function acquireLock(path: string, { inUse }: LockOptions): Promise<Lock> {
  const holder: LockHolder = {
    pid: process.pid,
    started: (await processStart(process.pid)) ?? 'unknown',
    host: hostname(),
  };
  const own = `${path}.${holder.pid}.${acquisitions++}`;
  const text = JSON.stringify(holder);
  await writeFile(own, text);
  try {
    await take(path, own, inUse);
  } finally {
    await rm(own, { force: true });
  }
  let held = true;
  return {
    async release() {
      if (!held) return;
      held = false;
      if ((await readIfThere(path)) === text) await rm(path, { force: true });
    },
  };
}

/** Numbers the acquisitions of this process, to keep their files apart. */
let acquisitions = 0;

/** Links the lock file: unlike creating and then writing it, this shows the lock to others only once it is complete. */
async function linked(own: string, path: string): Promise<boolean> {
  try {
    await link(own, path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Links `own` to `path`, if nothing is there or only the lock of a dead process.
 *
 * A stale lock is replaced in one step, never removed: between a removal and the next link a third process could slip
 * in. A separate lock, named after the replaced one, decides which process may replace it, so that a process killed
 * while replacing leaves only files that another process can take over in the same way.
 */
async function take(path: string, own: string, inUse: LockOptions['inUse']): Promise<void> {
  while (!(await linked(own, path))) {
    const text = await readIfThere(path);
    if (text === undefined) continue;
    const holder = parseHolder(text);
    if (holder && (await mayBeAlive(holder))) throw inUse(holder);
    const claim = `${path}.${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
    await take(claim, own, inUse);
    try {
      if ((await readIfThere(path)) !== text) continue;
      const replacement = `${own}.new`;
      await link(own, replacement);
      await rename(replacement, path);
      return;
    } finally {
      await rm(claim, { force: true });
    }
  }
}

async function mayBeAlive({ pid, started, host }: LockHolder): Promise<boolean> {
  return host !== hostname() || (await processStart(pid)) === started;
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function parseHolder(text: string): LockHolder | undefined {
  try {
    const value = parseJson(text) as Partial<LockHolder> | null;
    const { pid, started, host } = value ?? {};
    return typeof pid === 'number' && typeof started === 'string' && typeof host === 'string'
      ? { pid, started, host }
      : undefined;
  } catch {
    return undefined;
  }
}
