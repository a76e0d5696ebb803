import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { BuildError, lockBuild } from '@dmnn/native';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { buildPrograms } from '../fixtures/build-programs.js';
import { diagnoseEngine } from './diagnose-engine.js';
import { CORE, engineBuildName, libcOf, machineName, sourceDigest } from './engine-build.js';
import { type InstalledEngine, installEngine, type InstallEngineOptions } from './install-engine.js';
import { locateEngine, prebuiltPackage } from './locate-engine.js';
import { ONEDNN_LIBRARY, oneDnnWheels } from './onednn-wheels.js';
import { removeEngine } from './remove-engine.js';

let made: ReturnType<typeof buildPrograms>;
const steps: string[] = [];

beforeEach(() => {
  made = buildPrograms();
  steps.length = 0;
  for (const [name, value] of Object.entries(made.environment)) vi.stubEnv(name, value);
  vi.stubEnv('CXX', undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(dirname(made.log), { recursive: true, force: true });
});

const install = (options: InstallEngineOptions = {}): Promise<InstalledEngine> =>
  installEngine({
    cacheDirectory: made.cacheDirectory,
    onednn: made.onednn,
    onProgress: ({ step }) => steps.push(step),
    ...options,
  });
/** Without the packages of this repository: a prebuilt core may be installed among them. */
const locate = () =>
  locateEngine({ cacheDirectory: made.cacheDirectory, resolveFrom: join(made.cacheDirectory, 'a.js') });
const compilations = (): number => readFileSync(made.log, 'utf8').split('\n').filter(Boolean).length;

/** A failure, and that it left no core, and no lock. */
async function failure(options: InstallEngineOptions = {}): Promise<BuildError> {
  const error: unknown = await install(options).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(BuildError);
  expect(locate().path).toBeUndefined();
  expect(existsSync(join(made.cacheDirectory, 'engine.lock'))).toBe(false);
  return error as BuildError;
}

describe('installEngine', () => {
  it('compiles, checks and publishes; a second call finds it', async () => {
    const { folder, manifest, alreadyThere } = await install();
    expect(alreadyThere).toBe(false);
    expect(steps).toEqual(['prepare', 'compile', 'check', 'publish']);
    expect(folder).toBe(join(made.cacheDirectory, engineBuildName()));
    expect(readdirSync(made.cacheDirectory)).toEqual([engineBuildName()]);
    expect(manifest).toMatchObject({
      ...{ format: 1, sources: sourceDigest(), oneDnn: '9.9.9', source: made.onednn, napiVersion: 8 },
      ...{ platform: process.platform, arch: process.arch, compiler: 'a compiler 1.0' },
    });
    expect(manifest.files.map(({ path }) => path)).toEqual([CORE, ONEDNN_LIBRARY, 'licences/LICENSE']);
    expect(readFileSync(join(folder, ONEDNN_LIBRARY), 'utf8')).toBe('oneDNN');
    const [call] = readFileSync(made.log, 'utf8').split('\n');
    for (const part of [
      '-std=c++17',
      '-DNAPI_VERSION=8',
      'node-api-headers',
      `-I${made.onednn}/include`,
      'addon.cc',
    ])
      expect(call).toContain(part);

    expect(await install()).toMatchObject({ folder, alreadyThere: true });
    expect(compilations()).toBe(1);
    expect((await install({ force: true })).alreadyThere).toBe(false);
    expect(compilations()).toBe(2);
    expect(locate()).toMatchObject({ path: join(folder, CORE), manifest });
    expect(await diagnoseEngine({ cacheDirectory: made.cacheDirectory })).toMatchObject({ works: true });
  });

  it('says that the compiler is missing before it does anything', async () => {
    vi.stubEnv('PATH', made.programs);
    rmSync(join(made.programs, 'c++'));
    const error = await failure();
    expect(error).toMatchObject({ code: 'DMNN_BUILD', step: 'prepare', tool: 'compiler' });
    expect(error.message).toContain('compiler was not found. Install a C++17 compiler');
  });

  it('says what the compiler said, and goes on from there', async () => {
    vi.stubEnv('FAIL_COMPILE', '1');
    const error = await failure();
    expect(error).toMatchObject({ step: 'compile', tool: 'compiler' });
    expect(error.message).toContain('c++ failed:\ncore.cc:1:1: fatal error: no such header');
    vi.stubEnv('FAIL_COMPILE', undefined);
    await install();
    expect(readdirSync(made.cacheDirectory)).toEqual([engineBuildName()]);
  });

  it.each([
    [
      'throws',
      "throw new Error('made for another processor')",
      /the core does not load: .*made for another processor/,
    ],
    ['ends the process', 'process.abort()', /the core does not load: /],
  ])('does not publish a core that %s', async (_, core, message) => {
    vi.stubEnv('CORE', core);
    const error = await failure();
    expect(error.step).toBe('check');
    expect(error.message).toMatch(message);
  });

  it.runIf(process.platform === 'linux')('names the package of the OpenMP that is missing', async () => {
    const lacking = 'libgomp.so.1: cannot open shared object file: No such file or directory';
    vi.stubEnv('CORE', `throw new Error(${JSON.stringify(lacking)})`);
    expect((await failure()).message).toMatch(
      /step check: .*libgomp\.so\.1.*Debian and Ubuntu: libgomp1; Fedora/,
    );
    // before the download
    vi.stubEnv('DLOPEN', lacking);
    if (oneDnnWheels(process.platform, process.arch, libcOf()) === undefined) return;
    const error = await failure({ onednn: undefined });
    expect(error).toMatchObject({ step: 'prepare', tool: 'libgomp.so.1' });
    expect(error.message).toMatch(/libgomp\.so\.1 is not installed\. Install the package that holds it/);
    expect(readFileSync(made.log, 'utf8')).not.toContain('pip');
  });

  it.runIf(oneDnnWheels(process.platform, process.arch, libcOf()) !== undefined)(
    'refuses another file under the name of the wheel',
    async () => {
      const error = await failure({ onednn: undefined });
      expect(error.step).toBe('fetch-onednn');
      expect(error.message).toMatch(
        /onednn_cpu_gomp-2023\.2\.0-\S+\.whl: expected SHA-256 2f22a54d\w+, got \w{64}\. The package index serves/,
      );
      expect(readFileSync(made.log, 'utf8')).toContain('--require-hashes');
    },
  );

  it('names what a oneDNN lacks', async () => {
    rmSync(join(made.onednn, 'include'), { recursive: true });
    expect((await failure()).message).toContain('without include/oneapi/dnnl/dnnl.hpp');
    rmSync(join(made.onednn, 'lib'), { recursive: true });
    expect((await failure()).message).toContain(
      `onednn: expected a folder with oneDNN 3, got ${made.onednn} without lib/`,
    );
  });

  it('says where it cannot write, and that another process builds', async () => {
    writeFileSync(made.cacheDirectory, 'a file');
    expect((await failure()).message).toContain('Set XDG_CACHE_HOME');
    rmSync(made.cacheDirectory);
    const lock = await lockBuild(made.cacheDirectory, 'engine');
    await expect(install()).rejects.toMatchObject({ step: 'lock' });
    await expect(removeEngine({ cacheDirectory: made.cacheDirectory })).resolves.toEqual([]);
    await lock.release();
    await install();
  });

  it('ends with its signal and leaves nothing that the next one cannot use', async () => {
    vi.stubEnv('SLOW', '1');
    const controller = new AbortController();
    const ended = expect(
      install({
        signal: controller.signal,
        onProgress: ({ step }) => {
          if (step === 'compile')
            setTimeout(() => {
              controller.abort(new Error('enough'));
            }, 200);
        },
      }),
    ).rejects.toThrow('enough');
    await ended;
    expect(locate().path).toBeUndefined();
    vi.stubEnv('SLOW', undefined);
    await install();
    expect(readdirSync(made.cacheDirectory)).toEqual([engineBuildName()]);
  });
});

describe('a build afterwards', () => {
  const damages: [string, (path: string) => void][] = [
    [
      'has another bit',
      (path) => {
        const bytes = readFileSync(path);
        bytes[bytes.length >> 1]! ^= 1;
        writeFileSync(path, bytes);
      },
    ],
    [
      'is cut off',
      (path) => {
        truncateSync(path, 3);
      },
    ],
    [
      'is of zeros',
      (path) => {
        writeFileSync(path, new Uint8Array(readFileSync(path).length));
      },
    ],
    [
      'is gone',
      (path) => {
        rmSync(path);
      },
    ],
  ];
  it.each(damages)('is refused where a file %s, and made again', async (_, damage) => {
    const { folder, manifest } = await install();
    for (const { path } of manifest.files) {
      damage(join(folder, path));
      const located = locate();
      expect(located.path).toBeUndefined();
      expect(located.reason).toContain(join(folder, path));
      expect(located.reason).toMatch(/is damaged: expected .*, got |is missing/);
      expect(located.remedy).toBe('dmnn backend install --engine');
      expect(await install()).toMatchObject({ alreadyThere: false });
      expect(locate().path).toBe(join(folder, CORE));
    }
  });

  it.each([
    ['no JSON', () => '{', /manifest\.json/],
    [
      'no core in its list',
      (text: string) => text.replaceAll(CORE, 'other.node'),
      /files: expected a list with dmnn_engine\.node/,
    ],
    [
      'other sources',
      (text: string) => text.replace(sourceDigest(), '000000000000'),
      /sources: expected \w{12}, got "0{12}"/,
    ],
    [
      'another machine',
      (text: string) => text.replace(`"${process.arch}"`, '"vax"'),
      /arch: expected \w+, got "vax"/,
    ],
    [
      'a newer format',
      (text: string) => text.replace('"format": 1', '"format": 9'),
      /a newer version of dmnn \(format 9\)/,
    ],
  ])('is refused with a manifest of %s', async (_, change, reason) => {
    const { folder } = await install();
    const path = join(folder, 'manifest.json');
    writeFileSync(path, change(readFileSync(path, 'utf8')));
    expect(locate().reason).toMatch(reason);
  });

  it('is no engine that works where a file is damaged', async () => {
    const { folder } = await install();
    truncateSync(join(folder, CORE), 3);
    expect(await diagnoseEngine({ cacheDirectory: made.cacheDirectory })).toMatchObject({
      works: false,
      remedy: 'dmnn backend install --engine',
    });
  });

  it('removeEngine removes it with all that installations leave, and nothing of others', async () => {
    await install();
    const others = ['engine-napi-v8-old', 'onednn-2023.2.0-here', 'engine-x.finished.partial-1'];
    for (const name of [...others, 'napi-v8-linux-x64']) mkdirSync(join(made.cacheDirectory, name));
    const { cacheDirectory } = made;
    expect(await removeEngine({ cacheDirectory })).toEqual(
      [engineBuildName(), ...others].sort().map((name) => join(cacheDirectory, name)),
    );
    expect(readdirSync(cacheDirectory)).toEqual(['napi-v8-linux-x64']);
    expect(await removeEngine({ cacheDirectory })).toEqual([]);
    expect(await removeEngine({ cacheDirectory: join(cacheDirectory, 'nowhere') })).toEqual([]);
  });
});

describe('a prebuilt package', () => {
  /** An application with a package made by the script of the release, from a build. */
  async function application(): Promise<{ from: string; folder: string }> {
    const { folder, manifest } = await install();
    const root = mkdtempSync(join(dirname(made.log), 'application-'));
    const target = join(root, 'node_modules', prebuiltPackage());
    mkdirSync(target, { recursive: true });
    for (const path of [...manifest.files.map((file) => file.path), 'manifest.json'])
      cpSync(join(folder, path), join(target, path));
    writeFileSync(
      join(target, 'package.json'),
      JSON.stringify({ name: prebuiltPackage(), version: '1.0.0' }),
    );
    return { from: join(root, 'index.js'), folder: target };
  }

  it('is taken before the cache, and without one', async () => {
    const { from, folder } = await application();
    const { cacheDirectory } = made;
    expect(prebuiltPackage()).toBe(`@dmnn/engine-${machineName()}`);
    expect(locateEngine({ cacheDirectory, resolveFrom: from }).path).toBe(join(folder, CORE));
    await removeEngine({ cacheDirectory });
    expect(locateEngine({ cacheDirectory, resolveFrom: from }).path).toBe(join(folder, CORE));
  });

  it('that is damaged, foreign or of another version gives way to the cache, or is named', async () => {
    const { from, folder } = await application();
    const { cacheDirectory } = made;
    const manifest = readFileSync(join(folder, 'manifest.json'), 'utf8');
    const cases: [() => void, RegExp][] = [
      [
        () => {
          truncateSync(join(folder, CORE), 5);
        },
        /^@dmnn\/engine-\S+: .*dmnn_engine\.node is damaged: expected \d+ bytes, got 5; no core/,
      ],
      [
        () => {
          writeFileSync(join(folder, 'manifest.json'), manifest.replace(sourceDigest(), 'abcdefabcdef'));
        },
        /: sources: expected/,
      ],
      [
        () => {
          rmSync(join(folder, 'manifest.json'));
        },
        /^@dmnn\/engine-\S+ has no manifest\.json; /,
      ],
    ];
    const cached = join(cacheDirectory, engineBuildName());
    const kept = join(dirname(made.log), 'kept');
    for (const [damage, reason] of cases) {
      damage();
      expect(locateEngine({ cacheDirectory, resolveFrom: from }).path).toBe(join(cached, CORE));
      cpSync(cached, kept, { recursive: true });
      await removeEngine({ cacheDirectory });
      expect(locateEngine({ cacheDirectory, resolveFrom: from }).reason).toMatch(reason);
      cpSync(kept, cached, { recursive: true });
    }
  });
});

it('is keyed by the machine, the version of Node-API and the sources', () => {
  expect(engineBuildName()).toMatch(
    new RegExp(`^engine-napi-v8-${process.platform}-${process.arch}(-gnu|-musl)?-[0-9a-f]{12}$`),
  );
  const isGlibc = process.platform === 'linux' && /glibc|GNU/i.test(lddVersion());
  if (isGlibc) expect(libcOf()).toBe('gnu');
});

function lddVersion(): string {
  try {
    return execFileSync('/usr/bin/ldd', ['--version'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } catch {
    return '';
  }
}

it('knows which machines have wheels', () => {
  expect(oneDnnWheels('linux', 'x64', 'gnu')?.library.requirement).toBe('onednn-cpu-gomp==2023.2.0');
  expect(oneDnnWheels('linux', 'x64', 'gnu')?.headers.requirement).toBe('onednn-devel-cpu-gomp==2023.2.0');
  for (const [platform, arch, libc] of [
    ['linux', 'x64', 'musl'],
    ['linux', 'arm64', 'gnu'],
    ['darwin', 'arm64', undefined],
    ['win32', 'x64', undefined],
  ] as const)
    expect(oneDnnWheels(platform, arch, libc)).toBeUndefined();
});
