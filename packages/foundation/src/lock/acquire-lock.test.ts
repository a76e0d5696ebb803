import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { inTemporaryFolder } from '@dmnn/test-kit';
import type * as processStartModule from './process-start.js';
import { processStart } from './process-start.js';
import { type Lock, acquireLock } from './acquire-lock.js';

/** A process that runs until it is killed. */
async function withProcess<T>(body: (pid: number) => Promise<T>): Promise<T> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000); console.log("up")']);
  await new Promise((resolve) => child.stdout.once('data', resolve));
  try {
    return await body(child.pid!);
  } finally {
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
  }
}

/** Called just before a lock's holder is found dead. */
let beforeFoundDead: (() => Promise<void>) | undefined;

vi.mock('./process-start.js', async (original) => {
  const actual = await original<typeof processStartModule>();
  return {
    async processStart(pid: number): Promise<string | undefined> {
      const started = await actual.processStart(pid);
      if (started === undefined) {
        const body = beforeFoundDead;
        beforeFoundDead = undefined;
        await body?.();
      }
      return started;
    },
  };
});

const stale = JSON.stringify({ pid: 2 ** 30, started: 'x', host: hostname() }); // no process has such a number

const acquire = (folder: string): Promise<Lock> =>
  acquireLock(join(folder, 'lock'), {
    inUse: ({ pid, host }) => new Error(`held by process ${pid} on ${host}`),
  });

/** Linux's letter for the state of a process: `T` stopped, `Z` ended and not reaped. */
async function stateOf(pid: number): Promise<string | undefined> {
  return (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ').at(-1)?.slice(0, 1);
}

describe('acquireLock', () => {
  it('has one holder at a time, also within a process', async () => {
    await inTemporaryFolder(async (folder) => {
      const lock = await acquire(folder);
      await expect(acquire(folder)).rejects.toThrow('held by');
      await expect(acquire(folder)).rejects.toThrow(`process ${process.pid} on ${hostname()}`);
      await lock.release();
      const next = await acquire(folder);
      await lock.release(); // the first one's again: must not let a third in
      await expect(acquire(folder)).rejects.toThrow('held by');
      await next.release();
      expect(await readdir(folder)).toEqual([]);
    });
  });

  it('lets exactly one of many processes in', async () => {
    await inTemporaryFolder(async (folder) => {
      await writeFile(join(folder, 'lock'), stale);
      const all = await Promise.allSettled(Array.from({ length: 8 }, () => acquire(folder)));
      expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(await readdir(folder)).toEqual(['lock']);
    });
  });

  it('lets exactly one of many processes in, at any timing', async () => {
    await inTemporaryFolder(async (folder) => {
      for (let round = 0; round < 5; round++) {
        await writeFile(join(folder, 'lock'), stale);
        const results = await Promise.allSettled(
          Array.from({ length: 16 }, async (_, i) => {
            await new Promise((resolve) => setTimeout(resolve, i % 4));
            return acquire(folder);
          }),
        );
        const taken = results.filter(({ status }) => status === 'fulfilled');
        expect(taken).toHaveLength(1);
        expect(await readdir(folder)).toEqual(['lock']);
      }
    });
  });

  it('takes over from a process that was killed while taking over', async () => {
    await inTemporaryFolder(async (folder) => {
      await writeFile(join(folder, 'lock'), stale);
      const claim = `lock.${createHash('sha256').update(stale).digest('hex').slice(0, 16)}`;
      await writeFile(join(folder, claim), JSON.stringify({ pid: 2 ** 30, started: 'y', host: hostname() }));
      const lock = await acquire(folder);
      expect(await readdir(folder)).toEqual(['lock']);
      await lock.release();
      expect(await readdir(folder)).toEqual([]);
    });
  });

  it('keeps a lock that another process took over while its dead holder was looked up', async () => {
    await inTemporaryFolder(async (folder) => {
      await writeFile(join(folder, 'lock'), stale);
      let faster: Lock | undefined;
      beforeFoundDead = async () => {
        faster = await acquire(folder);
      };
      await expect(acquire(folder)).rejects.toThrow(`held by process ${process.pid}`);
      expect(faster).toBeDefined();
      expect(await readdir(folder)).toEqual(['lock']);
      await expect(acquire(folder)).rejects.toThrow('held by');
      await faster!.release();
      expect(await readdir(folder)).toEqual([]);
    });
  });

  it('respects a living process and takes over from a killed one', async () => {
    await inTemporaryFolder(async (folder) => {
      const path = join(folder, 'lock');
      await withProcess(async (pid) => {
        await writeFile(path, JSON.stringify({ pid, started: await processStart(pid), host: hostname() }));
        await expect(acquire(folder)).rejects.toThrow(`process ${pid}`);
      });
      await (await acquire(folder)).release();
    });
  });

  it('recognises a different process with the number of the holder', async () => {
    await inTemporaryFolder(async (folder) => {
      await withProcess(async (pid) => {
        await writeFile(join(folder, 'lock'), JSON.stringify({ pid, started: 'long ago', host: hostname() }));
        await (await acquire(folder)).release();
      });
    });
  });

  it.runIf(process.platform === 'linux')(
    'takes over from a killed process that waits to be reaped',
    async () => {
      // a shell that is stopped cannot reap its child
      const shell = spawn('sh', ['-c', 'sleep 1000 & echo $!; kill -STOP $$; wait']);
      try {
        const pid = Number(await new Promise((resolve) => shell.stdout.once('data', resolve)));
        const started = await processStart(pid);
        await vi.waitUntil(async () => (await stateOf(shell.pid!)) === 'T', { timeout: 60_000 });
        process.kill(pid, 'SIGKILL');
        await vi.waitUntil(async () => (await stateOf(pid)) === 'Z', { timeout: 60_000 });
        await inTemporaryFolder(async (folder) => {
          await writeFile(join(folder, 'lock'), JSON.stringify({ pid, started, host: hostname() }));
          await (await acquire(folder)).release();
        });
      } finally {
        shell.kill('SIGKILL');
      }
    },
  );

  it('never takes over from another machine', async () => {
    await inTemporaryFolder(async (folder) => {
      const text = JSON.stringify({ pid: 1, started: 'x', host: 'elsewhere' });
      await writeFile(join(folder, 'lock'), text);
      await expect(acquire(folder)).rejects.toThrow('process 1 on elsewhere');
      expect(await readFile(join(folder, 'lock'), 'utf8')).toBe(text);
    });
  });

  it.each(['', '{', 'null', '{"pid": "1"}'])('takes over from an invalid lock: %s', async (text) => {
    await inTemporaryFolder(async (folder) => {
      await writeFile(join(folder, 'lock'), text);
      await (await acquire(folder)).release();
    });
  });
});

describe('processStart', () => {
  it('is the same every time, and differs between processes', async () => {
    const own = await processStart(process.pid);
    expect(own).toBe(await processStart(process.pid));
    await withProcess(async (pid) => {
      expect(await processStart(pid)).toBeDefined();
      expect(await processStart(pid)).not.toBe(own);
    });
  });

  it('is undefined for a process that is gone', async () => {
    const pid = await withProcess((running) => Promise.resolve(running));
    expect(await processStart(pid)).toBeUndefined();
  });
});
