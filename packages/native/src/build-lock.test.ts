import { readdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { inTemporaryFolder } from '@dmnn/test-kit';
import { expect, it } from 'vitest';
import { BuildError } from './build-error.js';
import { lockBuild } from './build-lock.js';

// the lock itself is tested in @dmnn/foundation

it('lets one in at a time, and leaves nothing behind', async () => {
  await inTemporaryFolder(async (directory) => {
    const lock = await lockBuild(directory, 'x');
    await expect(lockBuild(directory, 'x')).rejects.toThrow(BuildError);
    await expect(lockBuild(directory, 'x')).rejects.toThrow(
      `process ${process.pid} on ${hostname()} is building in ${directory}`,
    );
    await (await lockBuild(directory, 'other')).release();
    await lock.release();
    expect(readdirSync(directory)).toEqual([]);
    await (await lockBuild(directory, 'x')).release();
  });
});

it('takes over a lock of the format that did not identify boots', async () => {
  await inTemporaryFolder(async (directory) => {
    const reused = { pid: process.pid, host: hostname(), started: '1' };
    writeFileSync(join(directory, 'x.lock'), JSON.stringify(reused));
    await (await lockBuild(directory, 'x')).release();
    expect(readdirSync(directory)).toEqual([]);
  });
});

it('leaves a lock of another machine alone', async () => {
  await inTemporaryFolder(async (directory) => {
    writeFileSync(join(directory, 'x.lock'), JSON.stringify({ pid: 1, host: 'elsewhere', started: '' }));
    await expect(lockBuild(directory, 'x')).rejects.toThrow('process 1 on elsewhere');
  });
});
