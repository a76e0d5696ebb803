import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { respawn } from './respawn.js';

function script(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'dmnn-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  const file = join(folder, 'child.mjs');
  writeFileSync(file, `import { writeFileSync } from 'node:fs';\n${text}`);
  return file;
}

/** Respawns a script, which writes the file that is its argument when it is ready. */
async function started(text: string) {
  const file = script(text);
  const ready = `${file}.ready`;
  const said: string[] = [];
  const say = (line: string): void => void said.push(line);
  const ended = respawn({}, { args: [file, ready], say });
  await vi.waitUntil(() => existsSync(ready), { timeout: 60_000 });
  await turns();
  return { ended, said };
}

const READY = `writeFileSync(process.argv[2], String(process.pid));`;
/** What onInterrupt does first in a child. The callback comes when the parent can read it. */
const LISTENS = `await new Promise((sent) => process.send('listens', sent));`;
const WAITS = `setInterval(() => {}, 1000);`;
/** Computes for ever: nothing else in the process gets its turn. */
const COMPUTES = `for (;;);`;

/** Lets this process read what the child sent before it wrote the file. */
const turns = async (): Promise<void> => {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
};

describe('respawn', () => {
  it('runs with the variables given, marked, and answers the exit code', async () => {
    const file = script(`
      process.exit(process.env.MALLOC_TRIM_THRESHOLD_ === '42' && process.env.DMNN_RESPAWNED === '1' ? 3 : 4);`);
    expect(await respawn({ MALLOC_TRIM_THRESHOLD_: '42' }, { args: [file] })).toBe(3);
  });

  it('answers 128 + the signal that killed the child', async () => {
    const file = script(`process.kill(process.pid, 'SIGKILL'); ${WAITS}`);
    expect(await respawn({}, { args: [file] })).toBe(137);
  });

  it.each([
    ['SIGINT', 'interrupt'],
    ['SIGTERM', 'interrupt'],
    ['SIGHUP', 'hang-up'],
  ] as const)('asks a child that listens to stop at %s', async (signal, message) => {
    const { ended } = await started(`
      process.on('message', (message) => process.exit(message === '${message}' ? 7 : 8));
      ${LISTENS} ${READY}`);
    process.emit(signal, signal);
    expect(await ended).toBe(7);
  });

  it('ends a child that has nothing to finish by the signal, even while it computes', async () => {
    const { ended } = await started(`${READY} ${COMPUTES}`);
    process.emit('SIGTERM', 'SIGTERM');
    expect(await ended).toBe(143);
  });

  it('says that a child computes which does not answer, and ends it at the second signal', async () => {
    const { ended, said } = await started(`process.on('message', () => {}); ${LISTENS} ${READY} ${COMPUTES}`);
    process.emit('SIGINT', 'SIGINT');
    await vi.waitUntil(() => said.length > 0, { timeout: 60_000 });
    expect(said).toEqual(['Stopping after what is being computed now; interrupt again to stop at once.']);
    process.emit('SIGHUP', 'SIGHUP'); // never the second
    process.emit('SIGINT', 'SIGINT');
    expect(await ended).toBe(130);
  });

  it('leaves no listeners behind', async () => {
    const before = process.listenerCount('SIGHUP');
    const file = script('process.exit(0)');
    expect(await respawn({}, { args: [file] })).toBe(0);
    expect(process.listenerCount('SIGHUP')).toBe(before);
  });
});
