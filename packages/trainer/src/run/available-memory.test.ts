import { totalmem } from 'node:os';
import { describe, expect, it } from 'vitest';
import { availableMemory } from './available-memory.js';

const MiB = 2 ** 20;
const machine = {
  '/proc/meminfo': 'MemTotal:  9000000 kB\nMemAvailable:    4096 kB\nSwapFree:        1024 kB\n',
  '/proc/self/limits':
    'Limit  Soft Limit  Hard Limit  Units\nMax data size  unlimited  unlimited  bytes\nMax address space  unlimited  unlimited  bytes\n',
  '/proc/self/status': 'VmSize:\t    2048 kB\nVmData:\t    1024 kB\n',
};
const of = (files: Record<string, string>) => {
  const all: Record<string, string> = { ...machine, ...files };
  return availableMemory((path) => all[path], 'linux');
};

describe('availableMemory', () => {
  it('is what is free on the machine, with swap', () => {
    expect(of({})).toEqual({ bytes: 5 * MiB, limit: 'the machine' });
  });

  it('is what a control group leaves, and any above it; copies of files count as free', () => {
    const group = {
      '/proc/self/cgroup': '0::/user/one\n',
      '/sys/fs/cgroup/user/one/memory.max': 'max\n',
      '/sys/fs/cgroup/user/one/memory.current': '0\n',
      '/sys/fs/cgroup/user/memory.max': `${4 * MiB}\n`,
      '/sys/fs/cgroup/user/memory.current': `${3 * MiB}\n`,
      '/sys/fs/cgroup/user/memory.stat': `anon 5\ninactive_file ${MiB}\nactive_file ${MiB / 2}\n`,
    };
    expect(of(group)).toEqual({ bytes: 2.5 * MiB, limit: 'this container (its control group)' });
  });

  it('finds the group of a container whose path is that of the host, and groups of version 1', () => {
    const group = {
      '/proc/self/cgroup': '5:devices:/a\n4:cpu,memory:/docker/abc\n0::/\n',
      '/sys/fs/cgroup/memory/memory.limit_in_bytes': `${2 * MiB}\n`,
      '/sys/fs/cgroup/memory/memory.usage_in_bytes': `${MiB}\n`,
      '/sys/fs/cgroup/memory/memory.stat': `total_inactive_file ${MiB / 4}\ninactive_file 7\n`,
    };
    expect(of(group).bytes).toBe(1.25 * MiB);
  });

  it.each([
    ['Max address space', 'ulimit -v', 1],
    ['Max data size', 'ulimit -d', 2],
  ])('is what %s leaves', (name, limit, left) => {
    const limits = `${name}      ${3 * MiB}  unlimited  bytes\n`;
    expect(of({ '/proc/self/limits': limits })).toEqual({ bytes: left * MiB, limit });
  });

  it('is never less than nothing, and something on this machine and on others', () => {
    expect(of({ '/proc/self/limits': 'Max address space   5  5  bytes\n' }).bytes).toBe(0);
    expect(availableMemory().bytes).toBeGreaterThan(0);
    expect(availableMemory(() => undefined, 'linux').bytes).toBe(totalmem());
    expect(availableMemory(() => undefined, 'darwin')).toEqual({ bytes: totalmem(), limit: 'the machine' });
  });
});
