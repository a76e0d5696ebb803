import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { Module } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fileDigest } from '@dmnn/native';
import { nativeBuildName } from './native-build-name.js';
import { loadNative } from '../choose/load-native.js';
import { findNativeBuild } from './native-build.js';
import type { NativeManifest } from './native-manifest.js';

let cacheDirectory: string;
let folder: string;
const library = 'node_modules/@tensorflow/tfjs-node/deps/lib/libtensorflow.so.2';
const main = 'node_modules/@tensorflow/tfjs-node/dist/index.js';
const manifest: NativeManifest = {
  format: 2,
  packageName: '@tensorflow/tfjs-node',
  packageVersion: '4.22.0',
  tensorflowVersion: '2.21.0',
  source: 'a wheel',
  platform: process.platform,
  arch: process.arch,
  napiVersion: 8,
  files: [],
};

function writeManifest(changes: object): void {
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ ...manifest, ...changes }));
}

beforeEach(async () => {
  cacheDirectory = mkdtempSync(join(tmpdir(), 'dmnn-verify-'));
  folder = join(cacheDirectory, nativeBuildName(false));
  const files = [];
  for (const path of [library, main]) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), `contents of ${path}`);
    files.push({ path, ...(await fileDigest(join(folder, path))) });
  }
  writeManifest({ files });
});

afterEach(() => {
  vi.restoreAllMocks();
});

/** Makes the build look a minute old, so that a verdict is kept. Files of that age are rare only in tests. */
function inAMinute(): void {
  const now = Date.now();
  vi.spyOn(Date, 'now').mockImplementation(() => now + 60_000);
}

const found = () => findNativeBuild(cacheDirectory, false);

describe('findNativeBuild', () => {
  it('finds what is intact, or nothing', () => {
    expect(found()).toMatchObject({ state: 'intact', build: { folder, manifest: { source: 'a wheel' } } });
    expect(findNativeBuild(cacheDirectory, true)).toEqual({ state: 'none' });
    expect(findNativeBuild(join(cacheDirectory, 'nowhere'), false)).toEqual({ state: 'none' });
  });

  const damages: [string, (path: string) => void, RegExp][] = [
    [
      'is shorter',
      (path) => {
        truncateSync(path, 5);
      },
      /is damaged: expected \d+ bytes, got 5$/,
    ],
    [
      'is empty',
      (path) => {
        truncateSync(path, 0);
      },
      /is damaged: expected \d+ bytes, got 0$/,
    ],
    [
      'is longer',
      (path) => {
        appendFileSync(path, '.');
      },
      /is damaged: expected \d+ bytes, got \d+$/,
    ],
    ['has another bit', flip, /is damaged: expected SHA-256 \w{64}, got \w{64}$/],
    [
      'is gone',
      (path) => {
        rmSync(path);
      },
      /is missing$/,
    ],
    [
      'is a folder',
      (path) => {
        rmSync(path);
        mkdirSync(path);
      },
      /(is no regular file|EISDIR\))$/,
    ],
    [
      'is a link to itself',
      (path) => {
        rmSync(path);
        symlinkSync(path, path);
      },
      /cannot be read \(ELOOP\)$/,
    ],
    [
      'is a link to a device',
      (path) => {
        rmSync(path);
        symlinkSync('/dev/zero', path);
      },
      /is no regular file$/,
    ],
  ];
  if (process.platform === 'linux')
    damages.push([
      'is a pipe',
      (path) => {
        rmSync(path);
        execFileSync('mkfifo', [path]);
      },
      /is no regular file$/,
    ]);

  it.each(damages)('names the file that %s, also after a successful check', (_, damage, reason) => {
    for (const path of [library, main]) {
      renameSync(join(folder, path), `${join(folder, path)}.kept`);
      writeFileSync(join(folder, path), readFileSync(`${join(folder, path)}.kept`));
      inAMinute();
      expect(found().state).toBe('intact');
      damage(join(folder, path));
      const after = found();
      expect(after).toMatchObject({ state: 'damaged', reason: expect.stringMatching(reason) });
      expect(after).toMatchObject({ reason: expect.stringContaining(join(folder, path)) });
      const load = loadNative({ gpu: false, cacheDirectory });
      expect(load).toMatchObject({ loaded: false, remedy: 'dmnn backend install' });
      rmSync(join(folder, path), { recursive: true, force: true });
      renameSync(`${join(folder, path)}.kept`, join(folder, path));
      expect(found().state).toBe('intact'); // right again
    }
  });

  it('notices a bit that is changed with size and time of change as they were', () => {
    inAMinute();
    expect(found().state).toBe('intact');
    const path = join(folder, library);
    const { atime, mtime } = statSync(path);
    flip(path);
    utimesSync(path, atime, mtime);
    expect(found()).toMatchObject({ state: 'damaged', reason: expect.stringContaining('SHA-256') });
  });

  it('does not read again what did not change, and checks again after a start of the machine', () => {
    const verdict = join(folder, 'checked.json');
    expect(found().state).toBe('intact');
    expect(() => statSync(verdict)).toThrow('ENOENT'); // too young to tell two changes apart
    inAMinute();
    expect(found().state).toBe('intact');
    const kept = readFileSync(verdict, 'utf8');
    // a verdict decides: one that names the present state of a damaged file hides the damage
    const path = join(folder, library);
    flip(path);
    const { ctimeNs, mtimeNs, ino } = statSync(path, { bigint: true });
    const other = kept
      .split('\n')
      .map((line) =>
        line.includes(`"ino":"${ino}"`)
          ? line
              .replace(/"mtimeNs":"\d+"/, `"mtimeNs":"${mtimeNs}"`)
              .replace(/"ctimeNs":"\d+"/, `"ctimeNs":"${ctimeNs}"`)
          : line,
      );
    writeFileSync(verdict, other.join('\n'));
    expect(found().state).toBe('intact');
    // of another start of the machine
    writeFileSync(verdict, ['0', ...other.slice(1)].join('\n'));
    expect(found().state).toBe('damaged');
  });

  it('does without a verdict that is damaged or cannot be written', () => {
    inAMinute();
    const verdict = join(folder, 'checked.json');
    mkdirSync(verdict);
    expect(found().state).toBe('intact');
    rmSync(verdict, { recursive: true });
    const planted = join(cacheDirectory, 'planted');
    writeFileSync(planted, 'of another');
    symlinkSync(planted, verdict);
    expect(found().state).toBe('intact');
    expect(readFileSync(planted, 'utf8')).toBe('of another'); // never through a link
    rmSync(verdict);
    expect(found().state).toBe('intact');
    const kept = readFileSync(verdict);
    for (let byte = 0; byte < kept.length; byte++) {
      kept[byte] = (kept[byte] ?? 0) ^ 1;
      writeFileSync(verdict, kept);
      expect(found().state).toBe('intact');
      kept[byte] = (kept[byte] ?? 0) ^ 1;
    }
  });

  it.each<[string, object, RegExp]>([
    ['a newer version', { format: 3 }, /was built by a newer version of dmnn \(format 3\)$/],
    [
      'a newer version, of another shape',
      { format: 9, files: {} },
      /by a newer version of dmnn \(format 9\)$/,
    ],
    ['no version', { format: 'two' }, /format: expected a version number, got "two"$/],
    ['another system', { platform: 'plan9' }, /platform: expected \w+, got "plan9"$/],
    ['another processor', { arch: 'z80' }, /arch: expected \w+, got "z80"$/],
    ['another package', { packageName: 'x' }, /packageName: expected @tensorflow\/tfjs-node, got "x"$/],
    ['no files', { files: [] }, /files: expected paths with sizes and sums/],
    ['files of another shape', { files: [{ path: 7 }] }, /files: expected paths with sizes and sums/],
    ['no source', { source: undefined }, /source: expected text, got none$/],
  ])('says that a manifest is of %s', (what, changes, reason) => {
    writeManifest(changes);
    const state = what.startsWith('a newer') ? 'newer' : 'damaged';
    expect(found()).toEqual({ state, reason: expect.stringMatching(reason) });
    expect(loadNative({ gpu: false, cacheDirectory })).toMatchObject({
      loaded: false,
      reason: expect.stringMatching(reason),
      remedy: state === 'newer' ? 'dmnn backend install --force' : 'dmnn backend install',
    });
  });

  it('notices a damaged manifest, bit by bit and cut off anywhere, or it does not matter', () => {
    const path = join(folder, 'manifest.json');
    const text = readFileSync(path);
    const was = JSON.parse(text.toString()) as Record<string, unknown>;
    const shown = new Set(['packageVersion', 'tensorflowVersion', 'source', 'format']);
    for (let bit = 0; bit < text.length * 8; bit++) {
      const flipped = Buffer.from(text);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      writeFileSync(path, flipped);
      const after = found();
      if (after.state !== 'intact') {
        expect(after.state).not.toBe('none');
        continue;
      }
      // only what is shown may differ
      for (const [key, value] of Object.entries(after.build.manifest)) {
        if (!shown.has(key)) expect([key, value]).toEqual([key, was[key]]);
      }
    }
    for (let length = 0; length < text.length; length++) {
      writeFileSync(path, text.subarray(0, length));
      expect(found().state).toBe('damaged');
    }
  });

  it('says that a manifest or a cache cannot be read', () => {
    rmSync(join(folder, 'manifest.json'));
    mkdirSync(join(folder, 'manifest.json'));
    expect(found()).toMatchObject({
      state: 'damaged',
      reason: expect.stringMatching(/cannot be read \(EISDIR\)/),
    });
    rmSync(folder, { recursive: true });
    symlinkSync(folder, folder);
    expect(found()).toMatchObject({
      state: 'damaged',
      reason: expect.stringMatching(/cannot be read \(ELOOP\)/),
    });
    rmSync(folder);
    writeFileSync(folder, '');
    expect(found()).toMatchObject({
      state: 'damaged',
      reason: expect.stringMatching(/cannot be read \(ENOTDIR\)/),
    });
  });
});

describe('loadNative', () => {
  const extensions = (Module as unknown as { _extensions: Record<string, (module: NodeJS.Module) => void> })
    ._extensions;
  const original = extensions['.node'] as (module: NodeJS.Module) => void;
  afterEach(() => {
    extensions['.node'] = original;
  });

  it.each([
    [
      'libgomp.so.1: cannot open shared object file: No such file or directory',
      /^install the system's package that holds libgomp\.so\.1 /,
    ],
    ['/x/tfjs_binding.node: wrong ELF class: ELFCLASS32', /^dmnn backend install --force$/],
    ["/lib/libm.so.6: version `GLIBC_2.99' not found (required by x)", /^dmnn backend install --force$/],
  ])('falls back where the system says: %s', async (message, remedy) => {
    const path = 'node_modules/@tensorflow/tfjs-node/lib/napi-v8/tfjs_binding.node';
    const setup = 'dmnn_setup.node';
    const files = [];
    for (const file of [path, setup]) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), '');
      files.push({ path: file, ...(await fileDigest(join(folder, file))) });
    }
    writeManifest({ files });
    extensions['.node'] = (module) => {
      if (!module.filename.endsWith(setup)) throw new Error(message);
      module.exports = {
        keepFreedMemory: () => true,
        captureStderr: () => undefined,
        releaseStderr: () => '',
      };
    };
    expect(loadNative({ gpu: false, cacheDirectory })).toMatchObject({
      loaded: false,
      reason: expect.stringContaining(message),
      remedy: expect.stringMatching(remedy),
    });
  });
});

/** Whether a child can be another user without access to files of this one. */
const canBeAnother = process.platform === 'linux' && process.getuid?.() === 0;

it.runIf(canBeAnother)(
  'says that the cache belongs to somebody else (as root: tried as another user)',
  () => {
    chmodSync(cacheDirectory, 0o700);
    process.seteuid?.(65534);
    let results;
    try {
      results = [found(), loadNative({ gpu: false, cacheDirectory })];
    } finally {
      process.seteuid?.(0);
    }
    const reason = expect.stringContaining(
      `${join(folder, 'manifest.json')} cannot be read (EACCES)`,
    ) as string;
    expect(results[0]).toEqual({ state: 'unreadable', reason });
    expect(results[1]).toMatchObject({
      loaded: false,
      reason,
      remedy: expect.stringMatching(/^give this user access to it, or set XDG_CACHE_HOME/),
    });
    chmodSync(cacheDirectory, 0o755);
    chmodSync(join(folder, library), 0o000);
    process.seteuid?.(65534);
    try {
      results = [found()];
    } finally {
      process.seteuid?.(0);
    }
    expect(results[0]).toMatchObject({ state: 'unreadable', reason: expect.stringContaining(library) });
  },
);

it.runIf(canBeAnother)('uses a cache that is read-only', () => {
  chmodSync(cacheDirectory, 0o755);
  inAMinute();
  process.seteuid?.(65534);
  try {
    expect(found().state).toBe('intact');
    expect(found().state).toBe('intact');
  } finally {
    process.seteuid?.(0);
  }
  expect(existsSync(join(folder, 'checked.json'))).toBe(false);
});

function flip(path: string): void {
  const bytes = readFileSync(path);
  bytes[7] = (bytes[7] ?? 0) ^ 16;
  writeFileSync(path, bytes);
}
