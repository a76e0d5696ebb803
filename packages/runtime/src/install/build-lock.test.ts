import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { BuildError } from './build-error.js';
import { lockBuild } from './build-lock.js';

const folder = (): string => mkdtempSync(join(tmpdir(), 'dmnn-lock-'));

it('lets one in at a time, and leaves nothing behind', () => {
  const directory = folder();
  const release = lockBuild(directory, 'x');
  expect(() => lockBuild(directory, 'x')).toThrow(BuildError);
  expect(() => lockBuild(directory, 'x')).toThrow(
    `process ${process.pid} on ${hostname()} is building in ${directory}`,
  );
  lockBuild(directory, 'other')();
  release();
  expect(readdirSync(directory)).toEqual([]);
  lockBuild(directory, 'x')();
});

it('takes over from a process that is gone, or whose number was given to another', () => {
  const directory = folder();
  const gone = { pid: 2 ** 22 + 1, host: hostname(), started: '' }; // above any process number of Linux
  const reused = { pid: process.pid, host: hostname(), started: '1' };
  for (const holder of [JSON.stringify(gone), JSON.stringify(reused), 'cut sho']) {
    writeFileSync(join(directory, 'x.lock'), holder);
    lockBuild(directory, 'x')();
    expect(readdirSync(directory)).toEqual([]);
  }
});

it.runIf(process.platform === 'linux')(
  'takes over from a process that was killed and not reaped',
  async () => {
    // the shell's child ends once the shell, which could still reap it, has turned into sleep, which never does
    const child = "sh -c 'until grep -q sleep /proc/$PPID/comm; do :; done'";
    const parent = spawn('sh', ['-c', `${child} & echo $!; exec sleep 30`]);
    try {
      const pid = Number(await new Promise((resolve) => parent.stdout.once('data', resolve)));
      const stat = (): string[] => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
      await vi.waitFor(() => {
        expect(stat()[0]).toBe('Z');
      }, 5000);
      const directory = folder();
      writeFileSync(
        join(directory, 'x.lock'),
        JSON.stringify({ pid, host: hostname(), started: stat()[19] }),
      );
      lockBuild(directory, 'x')();
    } finally {
      parent.kill('SIGKILL');
    }
  },
);

it('leaves a lock of another machine alone', () => {
  const directory = folder();
  writeFileSync(join(directory, 'x.lock'), JSON.stringify({ pid: 1, host: 'elsewhere', started: '' }));
  expect(() => lockBuild(directory, 'x')).toThrow('process 1 on elsewhere');
});
