import { randomBytes } from 'node:crypto';
import { lstat, open, readFile, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { closeAfter } from '../close-after.js';
import { systemCode } from '../files/file-error.js';
import { type LockFacts, type SocketAnswer, mayBeAlive, parseFacts } from './lock-facts.js';
import { type LockSocket, askSocket, listenAt } from './lock-socket.js';

/** The file of an entry that may be a running process's. */
export interface LivingEntry {
  /** Orders entries; empty for a lock of a version that had one file for all. */
  readonly id: string;
  readonly path: string;
  readonly facts: LockFacts;
}

/** This process's entry of a lock. */
export interface OwnEntry {
  readonly id: string;
  /** Shows others that the lock is held. */
  hold(): Promise<void>;
  remove(): Promise<void>;
}

/**
 * Adds an entry: `lock.ID`, which has the facts, is there only when its socket, `lock.ID.socket`, listens. Nobody else ever
 * uses the same ID, so that whoever finds the process ended can remove its files at any time.
 *
 * @throws the error of the system
 */
export async function addEntry(lock: string, facts: LockFacts): Promise<OwnEntry> {
  const id = randomBytes(ID_BYTES).toString('hex');
  const path = `${lock}.${id}`;
  const socket: LockSocket | undefined = await listenAt(`${path}.socket`);
  const entry: OwnEntry = {
    id,
    hold: () => writeFacts(path, { ...facts, held: true }),
    async remove() {
      // the facts first: a socket alone is no entry, and whoever comes next removes what a kill leaves of it
      await closeAfter(
        () => rm(path, { force: true }),
        async () => {
          await rm(`${path}.new`, { force: true });
          await socket?.close();
        },
      );
    },
  };
  try {
    await writeFacts(path, facts);
  } catch (error) {
    await entry.remove().catch(() => undefined); // the first error is the one to report
    throw error;
  }
  return entry;
}

/** Shows whole facts or none: a file that is written under its own name could be read half. */
async function writeFacts(path: string, facts: LockFacts): Promise<void> {
  const file = await open(`${path}.new`, 'wx');
  await closeAfter(
    () => file.writeFile(JSON.stringify(facts)),
    () => file.close(),
  );
  await rename(`${path}.new`, path);
}

/**
 * The entry of another process that may be running: one that holds the lock, if there is one, otherwise the first. Removes
 * what ended processes left.
 *
 * @param own - the facts of this process
 * @param except - the ID of its own entry
 * @throws the error of the system, if the folder cannot be listed
 */
export async function livingEntry(
  lock: string,
  own: LockFacts,
  except?: string,
): Promise<LivingEntry | undefined> {
  const living: LivingEntry[] = [];
  const folder = dirname(lock);
  const start = `${basename(lock)}.`;
  const names = new Set(await readdir(folder));
  const rests = [...names].filter((name) => name.startsWith(start)).map((name) => name.slice(start.length));
  for (const id of new Set(
    rests.flatMap((rest) => /^([0-9a-f]{32})(?:\.new|\.socket)?$/.exec(rest)?.[1] ?? []),
  )) {
    if (id === except) continue;
    const entry = await livingOf(lock, id, own);
    if (entry && names.has(`${start}${id}`)) living.push(entry);
  }
  if (names.has(basename(lock))) {
    const facts = await factsAt(lock);
    if (facts && (await mayBeAlive(facts, 'none', own)))
      living.push({ id: '', path: lock, facts: { ...facts, held: true } });
    else if (facts) await rm(lock, { force: true });
  }
  // what a version with one file for all left when it was killed while taking over
  for (const rest of rests.filter((each) => /^(?:\d+\.\d+(?:\.new)?|[0-9a-f]{16})$/.test(each))) {
    const path = join(folder, `${start}${rest}`);
    const facts = await factsAt(path);
    if (facts && !(await mayBeAlive(facts, 'none', own))) await rm(path, { force: true });
  }
  living.sort((a, b) => (a.id < b.id ? -1 : 1));
  return living.find(({ facts }) => facts.held === true) ?? living[0];
}

const ID_BYTES = 16;

/** Milliseconds after which what has neither facts nor a socket that answers was left by an ended process, and is not being made. */
const UNFINISHED_MS = 60_000;

/** @returns undefined if its process has ended, and then its files are removed, or if it is not made yet */
async function livingOf(lock: string, id: string, own: LockFacts): Promise<LivingEntry | undefined> {
  const path = `${lock}.${id}`;
  const known = (await factsAt(path)) ?? (await factsAt(`${path}.new`));
  // after the facts: before they are written, a socket that does not listen yet refuses too
  const answer = await socketAnswer(`${path}.socket`);
  if (known ? await mayBeAlive(known, answer, own) : !(await isAbandoned(path, answer))) {
    return known && { id, path, facts: known };
  }
  for (const end of ['.new', '', '.socket']) await removeFile(`${path}${end}`);
  return undefined;
}

async function isAbandoned(path: string, answer: SocketAnswer): Promise<boolean> {
  if (answer === 'answers') return false;
  const times = await Promise.all(
    ['', '.new', '.socket'].map(async (end) =>
      lstat(`${path}${end}`).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      ),
    ),
  );
  return Date.now() - Math.max(...times) > UNFINISHED_MS;
}

async function socketAnswer(path: string): Promise<SocketAnswer> {
  const found = await lstat(path).catch(() => undefined);
  return found?.isSocket() === true ? askSocket(path) : 'none';
}

/** Facts in a file; undefined if there is none, it is something else, such as a link or a folder, or has no facts. */
async function factsAt(path: string): Promise<LockFacts | undefined> {
  try {
    if (!(await lstat(path)).isFile()) return undefined;
    return parseFacts(await readFile(path, 'utf8'));
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return undefined;
  }
}

/** Removes a file or a socket of an entry, but not what merely has such a name. */
async function removeFile(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found?.isFile() === true || found?.isSocket() === true) await rm(path, { force: true });
}
