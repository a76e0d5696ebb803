import { createHash } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { processStart } from './process-start.js';
import { systemCode } from './system-code.js';

/** The process that holds a lock. */
export interface LockHolder {
  readonly pid: number;
  /** Tells a process from a later one that got the same number. */
  readonly started: string;
  readonly host: string;
}

/** A lock that no other process can take until it is released or its process is gone. */
export interface Lock {
  /** Lets others in. Does nothing the second time. */
  release(): Promise<void>;
}

/** How a lock is taken. */
export interface LockOptions {
  /** The error to throw if another process holds the lock. */
  readonly inUse: (holder: LockHolder) => Error;
}

/**
 * Takes a lock for this process: a file that names its holder. One that a killed process left behind is taken over; one
 * of another machine never is, since whether its process lives cannot be known from here.
 *
 * @param path - of the lock file, in a folder that exists; for a moment files whose names begin with it stand there too
 * @throws what `inUse` gives, if the lock is held, also by this process; what the file system throws
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

/** Tells two takings by one process apart. */
let acquisitions = 0;

/** Linking, unlike creating and then writing, shows the lock to others only when it is complete. */
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
 * Puts a link to `own` at `path`, if nothing or only what a dead process left is there.
 *
 * A stale lock is replaced in one step, never removed: between a removal and the next link a third process could slip
 * in. Who may replace it is settled by a lock of its own, named after what it replaces, so that a process killed while
 * replacing leaves nothing that another could not take over in the same way.
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
    const value = JSON.parse(text) as Partial<LockHolder> | null;
    const { pid, started, host } = value ?? {};
    return typeof pid === 'number' && typeof started === 'string' && typeof host === 'string'
      ? { pid, started, host }
      : undefined;
  } catch {
    return undefined;
  }
}
