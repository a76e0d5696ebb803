import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, it } from 'vitest';
import type { CommandIo } from './command-io.js';
import { startBackend } from './start-backend.js';

const cache = mkdtempSync(join(tmpdir(), 'dmnn-backend-'));
afterAll(() => {
  rmSync(cache, { recursive: true });
});

function world(): { io: CommandIo; lines: string[] } {
  const lines: string[] = [];
  const io = { err: (text: string) => void lines.push(text), env: { XDG_CACHE_HOME: cache } };
  return { io: io as Partial<CommandIo> as CommandIo, lines };
}

describe('startBackend', () => {
  it('starts the one asked for and says which', async () => {
    const { io, lines } = world();
    expect((await startBackend('wasm', io)).chosen).toBe('wasm');
    expect(tf.getBackend()).toBe('wasm');
    expect(lines).toEqual([
      expect.stringMatching(/^backend wasm: tfjs-backend-wasm 4\.22\.0, \d+ threads?$/),
    ]);
  });

  it('starts the best that works, and says how to get a better one', async () => {
    const { io, lines } = world();
    expect((await startBackend(undefined, io)).chosen).toBe('wasm');
    expect(lines.at(-1)).toContain('dmnn backend install');
  });

  it('takes no other than the one asked for', async () => {
    const { io } = world();
    await expect(startBackend('native-gpu', io)).rejects.toMatchObject({
      code: 'DMNN_BACKEND',
      message: expect.stringMatching(/native-gpu.*is not installed.*dmnn backend install --gpu/) as string,
    });
  });
});
