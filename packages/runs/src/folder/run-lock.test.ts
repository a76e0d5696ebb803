import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inTemporaryFolder } from '@dmnn/test-kit';
import { processStart } from './process-identity.js';
import { acquireRunLock } from './run-lock.js';

/** A process that lives until it is killed. */
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

describe('acquireRunLock', () => {
  it('lets one in at a time, also within a process', async () => {
    await inTemporaryFolder(async (folder) => {
      const lock = await acquireRunLock(folder);
      await expect(acquireRunLock(folder)).rejects.toMatchObject({ code: 'DMNN_RUN_LOCKED', folder });
      await expect(acquireRunLock(folder)).rejects.toThrow(`process ${process.pid} on ${hostname()}`);
      await lock.release();
      const next = await acquireRunLock(folder);
      await lock.release(); // the first one's again: must not let a third in
      await expect(acquireRunLock(folder)).rejects.toMatchObject({ code: 'DMNN_RUN_LOCKED' });
      await next.release();
      expect(await readdir(folder)).toEqual([]);
    });
  });

  it('lets exactly one of many in', async () => {
    await inTemporaryFolder(async (folder) => {
      await writeFile(join(folder, 'lock'), JSON.stringify({ pid: 2 ** 30, started: 'x', host: hostname() }));
      const all = await Promise.allSettled(Array.from({ length: 8 }, () => acquireRunLock(folder)));
      expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(await readdir(folder)).toEqual(['lock']);
    });
  });

  it('lets exactly one of many in, whenever they come', async () => {
    await inTemporaryFolder(async (folder) => {
      for (let round = 0; round < 5; round++) {
        await writeFile(
          join(folder, 'lock'),
          JSON.stringify({ pid: 2 ** 30, started: 'x', host: hostname() }),
        );
        const results = await Promise.allSettled(
          Array.from({ length: 16 }, async (_, i) => {
            await new Promise((resolve) => setTimeout(resolve, i % 4));
            return acquireRunLock(folder);
          }),
        );
        const taken = results.filter(({ status }) => status === 'fulfilled');
        expect(taken).toHaveLength(1);
        expect(await readdir(folder)).toEqual(['lock']);
      }
    });
  });

  it('takes over what a trainer left that was killed while it took over', async () => {
    await inTemporaryFolder(async (folder) => {
      const stale = JSON.stringify({ pid: 2 ** 30, started: 'x', host: hostname() });
      await writeFile(join(folder, 'lock'), stale);
      const claim = `lock.${createHash('sha256').update(stale).digest('hex').slice(0, 16)}`;
      await writeFile(join(folder, claim), JSON.stringify({ pid: 2 ** 30, started: 'y', host: hostname() }));
      const lock = await acquireRunLock(folder);
      expect(await readdir(folder)).toEqual(['lock']);
      await lock.release();
      expect(await readdir(folder)).toEqual([]);
    });
  });

  it('respects a living process and takes over from a killed one', async () => {
    await inTemporaryFolder(async (folder) => {
      const path = join(folder, 'lock');
      await withProcess(async (pid) => {
        await writeFile(path, JSON.stringify({ pid, started: await processStart(pid), host: hostname() }));
        await expect(acquireRunLock(folder)).rejects.toThrow(`process ${pid}`);
      });
      await (await acquireRunLock(folder)).release();
    });
  });

  it('knows a process that only has the number of the one that held it', async () => {
    await inTemporaryFolder(async (folder) => {
      await withProcess(async (pid) => {
        await writeFile(join(folder, 'lock'), JSON.stringify({ pid, started: 'long ago', host: hostname() }));
        await (await acquireRunLock(folder)).release();
      });
    });
  });

  it('never takes over from another machine', async () => {
    await inTemporaryFolder(async (folder) => {
      const text = JSON.stringify({ pid: 1, started: 'x', host: 'elsewhere' });
      await writeFile(join(folder, 'lock'), text);
      await expect(acquireRunLock(folder)).rejects.toThrow(/on elsewhere.*delete/);
      expect(await readFile(join(folder, 'lock'), 'utf8')).toBe(text);
    });
  });

  it.each(['', '{', 'null', '{"pid": "1"}'])('takes over from a lock that says nothing: %s', async (text) => {
    await inTemporaryFolder(async (folder) => {
      await writeFile(join(folder, 'lock'), text);
      await (await acquireRunLock(folder)).release();
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
