import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nativeEnvironment } from '@dmnn/runtime';
import { afterAll, describe, expect, it, vi } from 'vitest';
import type { CommandIo } from './command-io.js';
import { inNativeProcess } from './native-process.js';

const cache = mkdtempSync(join(tmpdir(), 'dmnn-cache-'));
mkdirSync(join(cache, 'dmnn', 'native'), { recursive: true });
afterAll(() => {
  rmSync(cache, { recursive: true });
});

function world(env: Record<string, string>): {
  io: CommandIo;
  respawn: ReturnType<typeof vi.fn>;
  work: () => Promise<0>;
} {
  const respawn = vi.fn(() => Promise.resolve(130));
  const io = { env, respawn } as Partial<CommandIo> as CommandIo;
  return { io, respawn, work: vi.fn(() => Promise.resolve(0 as const)) };
}

describe('inNativeProcess', () => {
  it('starts another process with the allocator’s settings where a native backend may be', async () => {
    const { io, respawn, work } = world({ XDG_CACHE_HOME: cache });
    expect(await inNativeProcess(undefined, io, work)).toBe(130);
    expect(respawn).toHaveBeenCalledWith(nativeEnvironment());
    expect(work).not.toHaveBeenCalled();
  });

  it('leaves what the user has set as it is', async () => {
    const [first = '', ...others] = Object.keys(nativeEnvironment());
    const { io, respawn, work } = world({ XDG_CACHE_HOME: cache, [first]: 'mine' });
    await inNativeProcess('native', io, work);
    expect(Object.keys((respawn.mock.calls[0]?.[0] ?? {}) as object)).toEqual(others);
  });

  it.each([
    ['wasm is asked for', 'wasm' as const, { XDG_CACHE_HOME: cache }],
    ['it was started so already', undefined, { XDG_CACHE_HOME: cache, DMNN_RESPAWNED: '1' }],
    ['there is no native backend', 'native' as const, { XDG_CACHE_HOME: join(cache, 'empty') }],
    ['everything is set', 'native' as const, { XDG_CACHE_HOME: cache, ...nativeEnvironment() }],
  ])('works here if %s', async (_, backend, env) => {
    const { io, respawn, work } = world(env);
    expect(await inNativeProcess(backend, io, work)).toBe(0);
    expect(respawn).not.toHaveBeenCalled();
  });
});
