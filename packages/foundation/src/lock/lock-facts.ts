import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { parseJson } from '../parse-json.js';
import { processStart } from './process-start.js';

/** What an entry of a lock says of its process. */
export interface LockFacts {
  readonly pid: number;
  /** Distinguishes the process from a later one with the same number. */
  readonly started: string;
  readonly host: string;
  /** Linux: differs after each start of the machine. */
  readonly boot?: string | undefined;
  /** Linux: process numbers mean something only within one, such as a container. */
  readonly pidNamespace?: string | undefined;
  /** Whether the lock is held; otherwise the process is about to take it, or to give way. */
  readonly held?: boolean | undefined;
}

/** The facts of this process. */
export async function ownFacts(): Promise<LockFacts> {
  const [started, boot, pidNamespace] = await Promise.all([
    processStart(process.pid),
    ifThere(readFile('/proc/sys/kernel/random/boot_id', 'utf8')),
    ifThere(readlink('/proc/self/ns/pid')),
  ]);
  return {
    pid: process.pid,
    started: started ?? 'unknown',
    host: hostname(),
    boot: boot?.trim(),
    pidNamespace,
  };
}

/** The facts in the text of an entry, also of versions that knew only `pid`, `started` and `host`; undefined if it has none. */
export function parseFacts(text: string): LockFacts | undefined {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { pid, started, host, boot, pidNamespace, held } = value as Readonly<Record<string, unknown>>;
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0) return undefined;
  if (typeof started !== 'string' || typeof host !== 'string') return undefined;
  return { pid, started, host, boot: textOf(boot), pidNamespace: textOf(pidNamespace), held: held === true };
}

/** What the socket of an entry does: it is there and answers, it refuses as that of an ended process, or there is none. */
export type SocketAnswer = 'answers' | 'refuses' | 'none';

/**
 * Whether the process of an entry may be running. Of another machine, and of another PID namespace without a socket, this
 * process cannot know.
 *
 * @param own - the facts of this process
 */
export async function mayBeAlive(facts: LockFacts, socket: SocketAnswer, own: LockFacts): Promise<boolean> {
  if (socket === 'answers' || facts.host !== own.host) return true;
  if (areDifferent(facts.boot, own.boot) || socket === 'refuses') return false;
  if (areDifferent(facts.pidNamespace, own.pidNamespace)) return true;
  return (await processStart(facts.pid)) === facts.started;
}

function areDifferent(one: string | undefined, other: string | undefined): boolean {
  return one !== undefined && other !== undefined && one !== other;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

async function ifThere(reading: Promise<string>): Promise<string | undefined> {
  return reading.catch(() => undefined);
}
