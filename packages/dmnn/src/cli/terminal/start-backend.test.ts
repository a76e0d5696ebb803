import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nativeEnvironment } from '@dmnn/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, it, vi } from 'vitest';
import type { CommandIo } from './command-io.js';
import { inSuitableProcess, startBackend } from './start-backend.js';

const cache = mkdtempSync(join(tmpdir(), 'dmnn-backend-'));
afterAll(() => {
  rmSync(cache, { recursive: true });
});

function world(): { io: CommandIo; lines: string[] } {
  const lines: string[] = [];
  const io = {
    err: (text: string) => void lines.push(text),
    redraw: () => undefined,
    now: () => 0,
    env: { XDG_CACHE_HOME: cache },
  };
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

  it('starts the best that works, and says once how to get a better one', async () => {
    const { io, lines } = world();
    expect((await startBackend(undefined, io)).chosen).toBe('wasm');
    expect(lines.at(-1)).toContain('dmnn backend install');
    const again = world();
    await startBackend(undefined, again.io);
    expect(again.lines).toEqual([expect.stringMatching(/^backend wasm: /)]);
  });

  it('says that a setting of where native builds lie is ignored, if they are looked for', async () => {
    const { io, lines } = world();
    const relative = { ...io, env: { ...io.env, XDG_CACHE_HOME: 'relative' } };
    await startBackend('wasm', relative);
    expect(lines).toEqual([expect.stringMatching(/^backend wasm: /)]);
    vi.stubEnv('HOME', cache); // where there are no native builds
    await expect(startBackend('native', relative)).rejects.toMatchObject({ code: 'DMNN_BACKEND' });
    vi.unstubAllEnvs();
    expect(lines[1]).toMatch(/^XDG_CACHE_HOME: expected an absolute path, got relative; ignored/);
  });

  it('takes no other than the one asked for', async () => {
    const { io } = world();
    await expect(startBackend('native-gpu', io)).rejects.toMatchObject({
      code: 'DMNN_BACKEND',
      message: expect.stringMatching(/native-gpu.*is not installed.*dmnn backend install --gpu/) as string,
    });
  });
});

/** A process that can start another. */
function parent(env: Record<string, string>): {
  io: CommandIo;
  respawn: ReturnType<typeof vi.fn>;
  work: () => Promise<0>;
} {
  const respawn = vi.fn(() => Promise.resolve(130));
  const io = { env, respawn } as Partial<CommandIo> as CommandIo;
  return { io, respawn, work: vi.fn(() => Promise.resolve(0 as const)) };
}

describe('inSuitableProcess', () => {
  it('starts another process with the allocator’s settings where tfjs-node is installed', async () => {
    const { io, respawn, work } = parent({});
    expect(await inSuitableProcess(undefined, io, work, true)).toBe(130);
    expect(respawn).toHaveBeenCalledWith(nativeEnvironment(), expect.any(Function));
    expect(work).not.toHaveBeenCalled();
  });

  it('starts another process on the command line, whatever the backend, and passes its remarks on', async () => {
    const { io, respawn, work } = parent({});
    const lines: string[] = [];
    const line = (text: string): void => void lines.push(text);
    const cli = { ...io, separate: true, redraw: line, err: line };
    expect(await inSuitableProcess('wasm', cli, work, true)).toBe(130);
    expect(work).not.toHaveBeenCalled();
    const [env, say] = respawn.mock.calls[0] as unknown as [object, (text: string) => void];
    say('stopping');
    expect([env, lines]).toEqual([{}, [' ', 'stopping']]);
    expect(await inSuitableProcess('wasm', { ...cli, env: { DMNN_RESPAWNED: '1' } }, work, true)).toBe(0);
  });

  it('leaves what the user has set as it is', async () => {
    const [first = '', ...others] = Object.keys(nativeEnvironment());
    const { io, respawn, work } = parent({ [first]: 'mine' });
    await inSuitableProcess('native', io, work, true);
    expect(Object.keys((respawn.mock.calls[0]?.[0] ?? {}) as object)).toEqual(others);
  });

  it.each([
    ['wasm is asked for', 'wasm' as const, {}, true],
    ['it was started so already', undefined, { DMNN_RESPAWNED: '1' }, true],
    ['tfjs-node is not installed', 'native' as const, {}, false],
    ['everything is set', 'native' as const, nativeEnvironment(), true],
  ])('works here if %s', async (_, backend, env, installed) => {
    const { io, respawn, work } = parent(env);
    expect(await inSuitableProcess(backend, io, work, installed)).toBe(0);
    expect(respawn).not.toHaveBeenCalled();
  });
});
