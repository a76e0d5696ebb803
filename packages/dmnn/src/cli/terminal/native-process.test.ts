import { nativeEnvironment } from '@dmnn/runtime';
import { describe, expect, it, vi } from 'vitest';
import type { CommandIo } from './command-io.js';
import { inNativeProcess } from './native-process.js';

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
  it('starts another process with the allocator’s settings where tfjs-node is installed', async () => {
    const { io, respawn, work } = world({});
    expect(await inNativeProcess(undefined, io, work, true)).toBe(130);
    expect(respawn).toHaveBeenCalledWith(nativeEnvironment());
    expect(work).not.toHaveBeenCalled();
  });

  it('leaves what the user has set as it is', async () => {
    const [first = '', ...others] = Object.keys(nativeEnvironment());
    const { io, respawn, work } = world({ [first]: 'mine' });
    await inNativeProcess('native', io, work, true);
    expect(Object.keys((respawn.mock.calls[0]?.[0] ?? {}) as object)).toEqual(others);
  });

  it.each([
    ['wasm is asked for', 'wasm' as const, {}, true],
    ['it was started so already', undefined, { DMNN_RESPAWNED: '1' }, true],
    ['tfjs-node is not installed', 'native' as const, {}, false],
    ['everything is set', 'native' as const, nativeEnvironment(), true],
  ])('works here if %s', async (_, backend, env, installed) => {
    const { io, respawn, work } = world(env);
    expect(await inNativeProcess(backend, io, work, installed)).toBe(0);
    expect(respawn).not.toHaveBeenCalled();
  });
});
