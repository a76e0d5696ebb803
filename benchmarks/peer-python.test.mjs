import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { NoPeerError, peerDirectory, peerPython } from './peer-python.mjs';

describe('peerDirectory', () => {
  it('is in the cache, where the user wants it', () => {
    expect(peerDirectory({ XDG_CACHE_HOME: '/big' })).toBe('/big/dmnn/bench-python');
    expect(peerDirectory({})).toBe(join(homedir(), '.cache/dmnn/bench-python'));
    expect(peerDirectory({ XDG_CACHE_HOME: 'relative' })).toBe(join(homedir(), '.cache/dmnn/bench-python'));
  });
});

describe('peerPython', () => {
  let folder;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dmnn-peer-'));
    vi.stubEnv('XDG_CACHE_HOME', folder);
    vi.stubEnv('PATH', folder); // nothing is there
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  });

  it('says what to do where there is no Python, and leaves nothing behind', () => {
    const say = vi.fn();
    expect(() => peerPython({ say })).toThrow(NoPeerError);
    expect(() => peerPython({ say })).toThrow(/no Python 3\.10 or later .* --peer-python/);
    expect(say).not.toHaveBeenCalled();
    expect(existsSync(join(folder, 'dmnn'))).toBe(false);
  });

  it('refuses an environment without PyTorch, naming it', () => {
    const wrong = join(folder, 'empty');
    expect(() => peerPython({ directory: wrong, say: vi.fn() })).toThrow(`got ${wrong} (`);
  });

  it.skipIf(process.platform === 'win32')('takes one that has it, and makes none', () => {
    const bin = join(folder, 'venv', 'bin');
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, 'python'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
    const say = vi.fn();
    expect(peerPython({ directory: join(folder, 'venv'), say })).toBe(join(bin, 'python'));
    expect(say).not.toHaveBeenCalled();
  });
});
