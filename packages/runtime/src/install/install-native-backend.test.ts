import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { Module } from 'node:module';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BuildError, lockBuild } from '@dmnn/native';
import { nativeBuildName } from './native-build-name.js';
import { diagnose } from '../choose/diagnose.js';
import { type InstallOptions, type InstallProgress, installNativeBackend } from './install-native-backend.js';
import { loadNative } from '../choose/load-native.js';
import { findNativeBuild } from './native-build.js';
import type { NativeManifest } from './native-manifest.js';
import { operationsName, operationsOf } from './native-operations.js';
import { buildPrograms, packageMain, program } from '../fixtures/build-programs.js';
import { removeNativeBackend } from './remove-native-backend.js';

let cacheDirectory: string;
let programs: string;
let libtensorflow: string;
let log: string;
const progress: InstallProgress[] = [];
const name = nativeBuildName(false);

const install = (options: InstallOptions = {}) =>
  installNativeBackend({
    cacheDirectory,
    libtensorflow,
    onProgress: (step) => progress.push(step),
    ...options,
  });

beforeEach(() => {
  ({ cacheDirectory, programs, libtensorflow, log } = buildPrograms());
  progress.length = 0;
  vi.stubEnv('PATH', programs);
  vi.stubEnv('LOG', log);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

/** A failure, and that it left no build, no lock and no half-made folder. */
async function failure(options: InstallOptions = {}): Promise<BuildError> {
  const error: unknown = await install(options).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(BuildError);
  if (existsSync(cacheDirectory)) {
    for (const left of readdirSync(cacheDirectory)) expect(left).toBe(`${name}.staging`);
  }
  return error as BuildError;
}

describe('installNativeBackend', () => {
  it('builds, checks and publishes; a second call finds it', async () => {
    const installed = await install();
    expect(installed).toMatchObject({
      alreadyThere: false,
      usesGpu: false,
      folder: join(cacheDirectory, name),
    });
    expect(progress.map(({ step }) => step)).toEqual([
      'prepare',
      'fetch-package',
      'compile',
      'check',
      'publish',
    ]);
    expect(readdirSync(cacheDirectory)).toEqual([name]);
    const { manifest } = installed;
    expect(manifest).toMatchObject({
      packageName: '@tensorflow/tfjs-node',
      tensorflowVersion: '9.9.9',
      source: libtensorflow,
      napiVersion: 8,
    });
    for (const file of manifest.files) {
      expect(existsSync(join(installed.folder, file.path))).toBe(true);
      expect(file.sha256).toMatch(/^[0-9a-f]{64}$/);
    }
    const own = join(installed.folder, 'node_modules', '@tensorflow');
    expect(readdirSync(own)).toEqual(['tfjs-node']); // no tensor library of its own
    expect(existsSync(join(own, 'tfjs-node', 'deps', 'include'))).toBe(false);
    expect(readFileSync(log, 'utf8').split('\n').filter(Boolean)).toEqual([
      expect.stringContaining('--ignore-scripts'),
      expect.stringContaining('--ignore-scripts'),
    ]);

    expect(await install()).toMatchObject({ alreadyThere: true });
    expect((await install({ force: true })).alreadyThere).toBe(false);
  });

  it('compiles with the headers that came with node-gyp, whatever npm sets for its scripts', async () => {
    vi.stubEnv('npm_config_nodedir', '/elsewhere');
    vi.stubEnv('NPM_CONFIG_NODEDIR', '/elsewhere');
    vi.stubEnv('npm_package_config_node_gyp_dist_url', 'https://elsewhere.example');
    await install();
    const calls = readFileSync(`${log}.compiler`, 'utf8').trim().split('\n');
    expect(calls.map((call) => JSON.parse(call) as unknown)).toEqual(
      Array(3).fill({ header: 'pinned', settings: ['npm_config_python'] }),
    );
  });

  it('builds inside tfjs-node-gpu too', async () => {
    const cuda = join(libtensorflow, 'nvidia', 'cudnn', 'lib', 'libcudnn.so.9');
    mkdirSync(dirname(cuda), { recursive: true });
    writeFileSync(cuda, 'cuda');
    const { folder, manifest } = await install({ gpu: true });
    // where TensorFlow looks for it, seen from its own libraries
    const placed = 'node_modules/@tensorflow/tfjs-node-gpu/deps/nvidia/cudnn/lib/libcudnn.so.9';
    expect(readFileSync(join(folder, placed), 'utf8')).toBe('cuda');
    expect(folder).toBe(join(cacheDirectory, nativeBuildName(true)));
    expect(manifest.packageName).toBe('@tensorflow/tfjs-node-gpu');
  });

  it('builds again what is damaged', async () => {
    const { folder, manifest } = await install();
    rmSync(join(folder, manifest.files[1]!.path));
    const load = loadNative({ gpu: false, cacheDirectory });
    expect(load).toMatchObject({ loaded: false, remedy: 'dmnn backend install' });
    expect(await install()).toMatchObject({ alreadyThere: false });
  });

  /** Our operations in the build. */
  const operations = (): string | undefined => {
    const found = findNativeBuild(cacheDirectory, false);
    return found.state === 'intact' ? operationsOf(found.build) : undefined;
  };

  /** A build of another version of this package: the addon of its operations has another name. */
  async function olderBuild(): Promise<string> {
    const { folder } = await install();
    const older = 'dmnn_operations-000000000000.node';
    renameSync(join(folder, operationsName()), join(folder, older));
    const path = join(folder, 'manifest.json');
    const { files, ...manifest } = JSON.parse(
      readFileSync(path, 'utf8').replace(operationsName(), older),
    ) as NativeManifest;
    const libraries = files.filter((file) => !/\.js(on)?$/.test(file.path)); // it listed no more
    writeFileSync(path, JSON.stringify({ ...manifest, format: 1, files: libraries }));
    progress.length = 0;
    writeFileSync(log, '');
    return folder;
  }

  it('adds the operations to a build of an older version, and fetches no TensorFlow', async () => {
    const folder = await olderBuild();
    expect(operations()).toBeUndefined();
    program(programs, 'python3', '#!/bin/sh\n[ "$1" = -m ] && exit 1\necho Python 3\n'); // pip could fetch it
    const upgraded = await installNativeBackend({
      cacheDirectory,
      onProgress: (step) => progress.push(step),
    });
    expect(upgraded).toMatchObject({ folder, alreadyThere: false });
    expect(progress.map(({ step }) => step)).toEqual(['prepare', 'fetch-package', 'compile']);
    expect(operations()).toBe(join(folder, operationsName()));
    expect(readdirSync(cacheDirectory)).toEqual([name]);
    const fetched = readFileSync(log, 'utf8').split('\n').filter(Boolean);
    expect(fetched).toHaveLength(1); // the compiler
    expect(await installNativeBackend({ cacheDirectory })).toMatchObject({ alreadyThere: true });
  });

  it('leaves a build of an older version as it is where the operations cannot be had', async () => {
    const folder = await olderBuild();
    const failing = async () => {
      const error: unknown = await installNativeBackend({ cacheDirectory }).catch(
        (reason: unknown) => reason,
      );
      expect(operations()).toBeUndefined();
      expect(existsSync(join(folder, operationsName()))).toBe(false);
      return error;
    };
    vi.stubEnv('FAIL_COMPILE', '1');
    expect(await failing()).toMatchObject({ code: 'DMNN_BUILD', step: 'compile', tool: 'compiler' });
    vi.stubEnv('FAIL_COMPILE', undefined);
    const main = join(folder, 'node_modules', '@tensorflow', 'tfjs-node', 'index.js');
    writeFileSync(main, packageMain.replace('tf.square(x)', 'x')); // operations that compute wrongly
    expect(await failing()).toMatchObject({
      step: 'check',
      message: expect.stringContaining('a sum of squares is off by'),
    });
    writeFileSync(main, packageMain);
    rmSync(join(programs, 'c++'));
    expect(await failing()).toMatchObject({ step: 'prepare', tool: 'compiler' });
  });

  it('continues after a failure with what was fetched', async () => {
    vi.stubEnv('FAIL_COMPILE', '1');
    const error = await failure();
    expect(error).toMatchObject({ step: 'compile', tool: 'compiler' });
    expect(error.message).toContain('fatal error: no such header');
    vi.stubEnv('FAIL_COMPILE', undefined);
    await install();
    expect(readFileSync(log, 'utf8').split('\n').filter(Boolean)).toHaveLength(2); // fetched once each
  });

  it.each(['npm', 'python', 'compiler', 'make'] as const)(
    'says that %s is missing before it does anything',
    async (tool) => {
      rmSync(join(programs, { npm: 'npm', python: 'python3', compiler: 'c++', make: 'make' }[tool]));
      const error = await failure();
      expect(error).toMatchObject({ code: 'DMNN_BUILD', step: 'prepare', tool });
      expect(error.message).toContain(`${tool} was not found. Install`);
      expect(readFileSync(log, 'utf8')).toBe('');
    },
  );

  it('needs pip only to download', async () => {
    program(programs, 'python3', '#!/bin/sh\n[ "$1" = -m ] && exit 1\necho Python 3\n');
    expect(await install()).toMatchObject({ alreadyThere: false });
    if (process.platform === 'linux') {
      await expect(installNativeBackend({ cacheDirectory, force: true })).rejects.toMatchObject({
        step: 'prepare',
        tool: 'pip',
      });
    }
  });

  it('refuses another archive under the same name', async () => {
    vi.stubEnv('WRONG', 'sha512-other');
    const error = await failure();
    expect(error.step).toBe('fetch-package');
    expect(error.message).toMatch(
      /: expected \d[.\d]* with sha512-\S+, got \d[.\d]* with sha512-other\. The registry serves/,
    );
    vi.stubEnv('WRONG', undefined);
    vi.stubEnv('FAIL_INTEGRITY', '1'); // as npm itself finds it
    expect((await failure()).message).toMatch(
      /\w+@\d[.\d]*: expected sha512-\S+==, got sha512-other==\. The registry/,
    );
  });

  it('says what npm said', async () => {
    vi.stubEnv('FAIL_NPM', '1');
    expect((await failure()).message).toContain(
      'npm could not install @tensorflow/tfjs-node@4.22.0: npm error network',
    );
  });

  it('does not publish what computes wrongly, crashes, or was not made', async () => {
    vi.stubEnv(
      'MAIN',
      packageMain.replace(
        "backendName: 'tensorflow' }",
        "backendName: 'tensorflow', ...(kernel.kernelName === 'Square' ? { kernelFunc: tf.getKernel('Neg', 'cpu').kernelFunc } : {}) }",
      ),
    );
    const wrong = await failure();
    expect(wrong.step).toBe('check');
    expect(wrong.message).toContain('a convolution and its gradients are off by');
    rmSync(cacheDirectory, { recursive: true });

    vi.stubEnv('MAIN', 'process.abort()');
    expect((await failure()).step).toBe('check');
    rmSync(cacheDirectory, { recursive: true });

    vi.stubEnv('FORGET_BINDING', '1');
    expect((await failure()).message).toContain('node-gyp made no lib/napi-v8/tfjs_binding.node');
  });

  it('names what a libtensorflow lacks', async () => {
    rmSync(join(libtensorflow, 'include', 'tensorflow', 'c', 'eager'), { recursive: true });
    expect((await failure()).message).toContain('without include/tensorflow/c/eager/c_api.h');
    rmSync(join(libtensorflow, 'lib'), { recursive: true });
    expect((await failure()).message).toContain('libtensorflow_framework');
  });

  it('says where it cannot write, and that another process builds', async () => {
    writeFileSync(cacheDirectory, 'a file');
    const error: unknown = await install().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ step: 'prepare', remedy: expect.stringContaining('XDG_CACHE_HOME') });
    rmSync(cacheDirectory);
    const lock = await lockBuild(cacheDirectory, name);
    await expect(install()).rejects.toMatchObject({ step: 'lock' });
    await lock.release();
  });
});

describe('afterwards', () => {
  it('diagnose reports the build, the tools and the backends', async () => {
    await install();
    const report = await diagnose({ cacheDirectory });
    expect(report.backends.map(({ name, works }) => [name, works])).toEqual([
      ['native-gpu', false],
      ['native', true],
      ['wasm', true],
      ['cpu', true],
    ]);
    expect(report.builds.map(({ tensorflowVersion }) => tensorflowVersion)).toEqual(['9.9.9']);
    expect(report.tools.every(({ works }) => works)).toBe(true);
    expect(report.tensorLibrary).toMatchObject({ version: '4.22.0', gradients: true });
    expect(report.tensorLibrary.copies).toHaveLength(1);
    expect(report.cores).toBeGreaterThanOrEqual(1);
  });

  it('diagnose says what is wrong with a damaged build', async () => {
    const { folder, manifest } = await install();
    rmSync(join(folder, manifest.files[0]!.path));
    const report = await diagnose({ cacheDirectory });
    expect(report.backends[1]).toMatchObject({ works: false, reason: expect.stringContaining('is missing') });
    expect(report.builds).toEqual([]);
  });

  it('diagnose says that a GPU build sees no GPU', async () => {
    await install({ gpu: true });
    const report = await diagnose({ cacheDirectory });
    expect(report.backends[0]).toMatchObject({
      works: false,
      reason: expect.stringContaining('sees no CUDA device'),
    });
  });

  it('a binding that is no library is not loaded, and registers nothing', async () => {
    await install();
    const load = loadNative({ gpu: false, cacheDirectory });
    expect(load).toMatchObject({ loaded: false, reason: expect.stringContaining('does not load') });
  });

  it('removeNativeBackend removes everything that a build leaves', async () => {
    await install();
    await install({ gpu: true });
    mkdirSync(join(cacheDirectory, `${name}.staging`));
    expect(await removeNativeBackend({ cacheDirectory, gpu: true })).toEqual([
      join(cacheDirectory, nativeBuildName(true)),
    ]);
    expect(await removeNativeBackend({ cacheDirectory })).toEqual(
      [name, `${name}.staging`].map((folder) => join(cacheDirectory, folder)),
    );
    expect(readdirSync(cacheDirectory)).toEqual([]);
    expect(await removeNativeBackend({ cacheDirectory })).toEqual([]);
    expect(loadNative({ gpu: false, cacheDirectory })).toMatchObject({
      loaded: false,
      reason: expect.stringContaining('no build in'),
    });
  });

  it('loadNative warns of a build that lacks the operations, and not of one that has them', async () => {
    const { folder, manifest } = await install();
    // in the place of libraries: the addon that settles memory and standard error
    const extensions = (Module as unknown as { _extensions: Record<string, (module: NodeJS.Module) => void> })
      ._extensions;
    const original = extensions['.node']!;
    const stub = () => {
      extensions['.node'] = (module) => {
        module.exports = {
          keepFreedMemory: () => true,
          captureStderr: () => undefined,
          releaseStderr: () => '',
        };
      };
    };
    try {
      stub();
      expect(loadNative({ gpu: false, cacheDirectory })).toMatchObject({
        loaded: true,
        operations: {},
        warnings: [],
      });
      rmSync(join(folder, operationsName()));
      const path = join(folder, 'manifest.json');
      const files = manifest.files.filter((file) => file.path !== operationsName());
      writeFileSync(path, JSON.stringify({ ...manifest, files }));
      stub();
      const load = loadNative({ gpu: false, cacheDirectory });
      expect(load).toMatchObject({ loaded: true, operations: undefined });
      expect(load.loaded && load.warnings).toEqual([
        expect.stringMatching(/^The native build is of an older version .* Run: dmnn backend install$/),
      ]);
    } finally {
      extensions['.node'] = original;
    }
  });
});
