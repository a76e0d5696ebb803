import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';

/** What a process may still take. */
export interface AvailableMemory {
  readonly bytes: number;
  /** What sets the limit, for a message: `the machine`, `this container (cgroup)`, `ulimit -v`. */
  readonly limit: string;
}

/** @returns the text of a file; undefined if it cannot be read */
export type ReadText = (path: string) => string | undefined;

const readText: ReadText = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};

/**
 * The memory that this process may still take before it is refused more or killed: the least of what is free on the
 * machine, swap included, what is left to its control group and those above it, and what `ulimit -v` and `ulimit -d` leave.
 * What holds copies of files counts as free. On other systems than Linux it is all that the machine has.
 *
 * @param read - replaces the reading of `/proc` and `/sys/fs/cgroup`; absent: of this machine
 */
export function availableMemory(
  read: ReadText = readText,
  platform: NodeJS.Platform = process.platform,
): AvailableMemory {
  const machine = { bytes: totalmem(), limit: 'the machine' };
  if (platform !== 'linux') return machine;
  const limits = [freeMemory(read) ?? machine, ...groupLimits(read), ...processLimits(read)];
  const least = limits.reduce((one, other) => (other.bytes < one.bytes ? other : one));
  return { ...least, bytes: Math.max(0, least.bytes) };
}

/** A number of kB in a file of lines like `MemAvailable:  123 kB`, in bytes. */
function kilobytes(text: string | undefined, name: string): number | undefined {
  const found = text && new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm').exec(text);
  return found ? 1024 * Number(found[1]) : undefined;
}

function freeMemory(read: ReadText): AvailableMemory | undefined {
  const text = read('/proc/meminfo');
  const available = kilobytes(text, 'MemAvailable');
  if (available === undefined) return undefined;
  return { bytes: available + (kilobytes(text, 'SwapFree') ?? 0), limit: 'the machine' };
}

/** The limits of the control group and of those above it, of both versions of control groups. */
function groupLimits(read: ReadText): AvailableMemory[] {
  const lines = (read('/proc/self/cgroup') ?? '').split('\n');
  return lines.flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) return [];
    const isNew = controllers === '';
    if (!isNew && !controllers.split(',').includes('memory')) return [];
    const root = isNew ? '/sys/fs/cgroup' : '/sys/fs/cgroup/memory';
    const names = isNew
      ? { limit: 'memory.max', used: 'memory.current', files: /^(?:in)?active_file (\d+)$/gm }
      : {
          limit: 'memory.limit_in_bytes',
          used: 'memory.usage_in_bytes',
          files: /^total_(?:in)?active_file (\d+)$/gm,
        };
    const parts = path.split('/').filter((part) => part !== '');
    // in a container the path is often that of the host, of which only the root is there
    const folders = parts.map((_, i) => join(root, ...parts.slice(0, parts.length - i)));
    return [...folders, root].flatMap((folder) => {
      const limit = Number(read(join(folder, names.limit))?.trim() ?? 'none'); // `max` is no number
      const used = Number(read(join(folder, names.used))?.trim() ?? 'none');
      if (!Number.isFinite(limit) || !Number.isFinite(used)) return [];
      const stat = read(join(folder, 'memory.stat')) ?? '';
      const files = [...stat.matchAll(names.files)].reduce((sum, [, bytes]) => sum + Number(bytes), 0);
      return [{ bytes: limit - Math.max(0, used - files), limit: 'this container (its control group)' }];
    });
  });
}

function processLimits(read: ReadText): AvailableMemory[] {
  const limits = read('/proc/self/limits') ?? '';
  const status = read('/proc/self/status');
  return (
    [
      ['Max address space', 'VmSize', 'ulimit -v'],
      ['Max data size', 'VmData', 'ulimit -d'],
    ] as const
  ).flatMap(([name, used, limit]) => {
    const soft = Number(new RegExp(`^${name}\\s+(\\d+)\\s`, 'm').exec(limits)?.[1] ?? 'none'); // or `unlimited`
    const taken = kilobytes(status, used);
    return Number.isFinite(soft) && taken !== undefined ? [{ bytes: soft - taken, limit }] : [];
  });
}
