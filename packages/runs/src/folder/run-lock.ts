import { createHash } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { processStart } from './process-identity.js';
import { RunFolderError, systemCode } from './run-folder-error.js';

/** Who holds a run folder. */
interface Holder {
  readonly pid: number;
  /** Tells a process from a later one that got the same number. */
  readonly started: string;
  readonly host: string;
}

/** A run folder that no other trainer can take until it is released or its process is gone. */
export interface RunLock {
  /** Lets others in. Does nothing the second time. */
  release(): Promise<void>;
}

/**
 * Takes a run folder for this process by its file `lock`. One that a killed process left behind is taken over; one
 * of another machine never is, since it cannot be told whether its process lives.
 *
 * @throws RunFolderError with code DMNN_RUN_LOCKED, naming the holder, if the folder is in use
 */
export async function acquireRunLock(folder: string): Promise<RunLock> {
  const path = join(folder, 'lock');
  const holder: Holder = {
    pid: process.pid,
    started: (await processStart(process.pid)) ?? 'unknown',
    host: hostname(),
  };
  const own = `${path}.${holder.pid}.${acquisitions++}`;
  const text = JSON.stringify(holder);
  await writeFile(own, text);
  try {
    await take(path, own, folder);
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
 * A stale lock is replaced in one step, never removed: between a removal and the next link a third trainer could slip
 * in. Who may replace it is settled by a lock of its own, named after what it replaces, so that a trainer killed while
 * replacing leaves nothing that another could not take over in the same way.
 */
async function take(path: string, own: string, folder: string): Promise<void> {
  while (!(await linked(own, path))) {
    const text = await readIfThere(path);
    if (text === undefined) continue;
    await assertStale(text, path, folder);
    const claim = `${path}.${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
    await take(claim, own, folder);
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

/** @throws RunFolderError if a lock's holder may be alive */
async function assertStale(text: string, path: string, folder: string): Promise<void> {
  const holder = parseHolder(text);
  if (!holder) return;
  if (holder.host === hostname() && (await processStart(holder.pid)) !== holder.started) return;
  throw new RunFolderError(
    'DMNN_RUN_LOCKED',
    folder,
    `expected a folder that no other trainer uses, got one used by process ${holder.pid} on ${holder.host}. Wait for it, choose another folder, or delete ${path} if that process is gone.`,
  );
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function parseHolder(text: string): Holder | undefined {
  try {
    const value = JSON.parse(text) as Partial<Holder> | null;
    const { pid, started, host } = value ?? {};
    return typeof pid === 'number' && typeof started === 'string' && typeof host === 'string'
      ? { pid, started, host }
      : undefined;
  } catch {
    return undefined;
  }
}
