import { randomInt } from 'node:crypto';
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { orFileError } from '../files/file-error.js';
import { type LivingEntry, type OwnEntry, addEntry, livingEntry } from './lock-entries.js';
import { ownFacts } from './lock-facts.js';

/** The process that holds a lock. */
export interface LockHolder {
  readonly pid: number;
  /** Distinguishes the process from a later one with the same number. */
  readonly started: string;
  readonly host: string;
  /** The file to delete, if the process is gone and this machine cannot know. */
  readonly path: string;
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
 * Takes a lock for this process: an entry in a folder, with a socket that the kernel closes when the process ends. What a
 * killed process left is removed by the next one. A process on another machine, or in another container where sockets do
 * not work, counts as running, since this process cannot know.
 *
 * Everybody adds an entry of its own before it lists those of others, so that of two processes at least one sees the other;
 * nobody ever takes over another's entry. Of those that see each other, the first in order waits, and the others give way.
 *
 * @param path - in an existing folder; the lock's files begin with this path
 * @throws the error of `inUse` if the lock is held, even by this process; FileError
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
  const lock = resolve(path);
  const entry = await orFileError({ path, to: 'write', expected: 'a folder to take a lock in' }, () =>
    taken(lock),
  );
  if (!('remove' in entry)) {
    const { pid, started, host } = entry.facts;
    throw inUse({ pid, started, host, path: entry.path });
  }
  let held = true;
  return {
    async release() {
      if (!held) return;
      held = false;
      await orFileError({ path, to: 'write', expected: 'a lock that can be released' }, () => entry.remove());
    },
  };
}

/** Milliseconds for which those that do not hold the lock yet are waited for: each of them needs a few. */
const UNDECIDED_MS = 10_000;
/** Milliseconds between two looks, at least and at most: at random, so that two processes do not stay in step. */
const PAUSE_MS = [2, 20] as const;

/** This process's entry, which now holds the lock, or that of another process, which does. */
async function taken(lock: string): Promise<OwnEntry | LivingEntry> {
  const own = await ownFacts();
  const giveUpAt = performance.now() + UNDECIDED_MS;
  for (;;) {
    const first = await livingEntry(lock, own);
    const outcome = first ?? (await contested(lock, own, giveUpAt));
    if (outcome !== undefined && ('remove' in outcome || isFinal(outcome, giveUpAt))) return outcome;
    await pauseAtRandom();
  }
}

/** @returns undefined if it gave way to another that does not hold the lock yet */
async function contested(
  lock: string,
  own: Awaited<ReturnType<typeof ownFacts>>,
  giveUpAt: number,
): Promise<OwnEntry | LivingEntry | undefined> {
  const entry = await addEntry(lock, own);
  let other: LivingEntry | undefined;
  try {
    for (;;) {
      other = await livingEntry(lock, own, entry.id);
      if (!other) {
        await entry.hold();
        return entry;
      }
      if (other.id < entry.id || isFinal(other, giveUpAt)) break;
      await pauseAtRandom();
    }
  } catch (error) {
    await entry.remove().catch(() => undefined); // the first error is the one to report
    throw error;
  }
  await entry.remove();
  return isFinal(other, giveUpAt) ? other : undefined;
}

function isFinal({ facts }: LivingEntry, giveUpAt: number): boolean {
  return facts.held === true || performance.now() > giveUpAt;
}

function pauseAtRandom(): Promise<void> {
  return pause(randomInt(...PAUSE_MS));
}
