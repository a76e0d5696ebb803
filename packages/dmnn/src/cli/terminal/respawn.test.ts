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
  writeFileSync(file, text);
  return file;
}

describe('respawn', () => {
  it('runs with the variables given, marked, and answers the exit code', async () => {
    const file = script(`
      process.exit(process.env.MALLOC_TRIM_THRESHOLD_ === '42' && process.env.DMNN_RESPAWNED === '1' ? 3 : 4);`);
    expect(await respawn({ MALLOC_TRIM_THRESHOLD_: '42' }, [file])).toBe(3);
  });

  it('answers 128 + the signal that killed the child', async () => {
    expect(
      await respawn({}, [script(`process.kill(process.pid, 'SIGKILL'); setInterval(() => {}, 1000);`)]),
    ).toBe(137);
  });

  it('notifies the child when asked to stop', async () => {
    const file = script(`
        import { writeFileSync } from 'node:fs';
        process.on('message', (message) => process.exit(message === 'interrupt' ? 130 : 5));
        writeFileSync(process.argv[2], 'listens');`);
    const listens = `${file}.listens`;
    const ended = respawn({}, [file, listens]);
    await vi.waitUntil(() => existsSync(listens), { timeout: 60_000 });
    process.emit('SIGINT');
    expect(await ended).toBe(130);
  });
});
