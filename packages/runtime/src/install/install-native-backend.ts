import { existsSync } from 'node:fs';
import { access, constants, cp, mkdir, readdir, rename, rm, statfs } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { systemCode, writeFileDurably } from '@dmnn/foundation/node';
import { BuildError, type BuildStep } from './build-error.js';
import { lockBuild } from './build-lock.js';
import { stageFolder } from './build-stage.js';
import { type BuildTool, findBuildTools, nodeHeaders } from './build-tools.js';
import { checkNativeBuild } from './check-native-build.js';
import { compileBinding, type Compiler } from './compile-binding.js';
import { compileOperations } from './compile-operations.js';
import { fetchPackage, removeTensorLibrary } from './fetch-package.js';
import { fetchWheels } from './fetch-wheel.js';
import { fileDigest } from './file-digest.js';
import { findLibtensorflow, linkFolder } from './libtensorflow.js';
import { findNativeBuild, type NativeBuild, type NativeManifest } from './native-build.js';
import { operationsName, operationsOf } from './native-operations.js';
import { NAPI_VERSION, nativeBuildName, nativeCacheDirectory, TFJS_NODE_VERSION } from './native-cache.js';
import { TENSORFLOW_VERSION, tensorflowWheel } from './tensorflow-wheel.js';
import { unpackWheels } from './unpack-wheels.js';

/** Options of {@link installNativeBackend}. */
export interface InstallOptions {
  /** Build `@tensorflow/tfjs-node-gpu`, with the CUDA libraries. @defaultValue false */
  readonly gpu?: boolean | undefined;
  /** A folder with a libtensorflow to build against; otherwise it is taken from PyPI's wheel. */
  readonly libtensorflow?: string | undefined;
  /** @defaultValue {@link nativeCacheDirectory} */
  readonly cacheDirectory?: string | undefined;
  /** Build again although there is one. @defaultValue false */
  readonly force?: boolean | undefined;
  /** Called as each step begins. */
  readonly onProgress?: ((progress: InstallProgress) => void) | undefined;
}

/** The progress of {@link installNativeBackend}. */
export interface InstallProgress {
  /** The step that begins. */
  readonly step: BuildStep;
  /** Text, such as `downloading tensorflow-cpu==2.21.0 (274 MB)`. */
  readonly message: string;
}

/** The result of {@link installNativeBackend}. */
export interface InstalledBackend extends NativeBuild {
  /** Whether there was a build already and nothing was done. */
  readonly alreadyThere: boolean;
  /** Whether TensorFlow sees a CUDA device. */
  readonly usesGpu: boolean;
}

const MEGABYTE = 1_000_000;

/**
 * Builds the native backend, tfjs-node's binding on a current TensorFlow, and puts it where {@link chooseBackend}
 * finds it.
 *
 * The package comes from npm (its scripts blocked: they would download a TensorFlow of 2022), libtensorflow with its
 * headers from PyPI's wheel; node-gyp compiles, and the result is checked in a separate process. Each step writes to a
 * partial folder that is renamed when complete, so a build that was killed resumes at the step that it was in. Nothing
 * outside the cache is touched; {@link removeNativeBackend} removes it.
 *
 * @throws BuildError with the step, the missing tool and the remedy.
 * @example
 * ```ts no-run
 * import { installNativeBackend } from '@dmnn/runtime';
 *
 * const { folder } = await installNativeBackend({ onProgress: ({ message }) => console.error(message) });
 * ```
 */
export async function installNativeBackend(options: InstallOptions = {}): Promise<InstalledBackend> {
  const { gpu = false, cacheDirectory = nativeCacheDirectory(), force = false } = options;
  const report = (step: BuildStep, message: string): void => options.onProgress?.({ step, message });
  const name = nativeBuildName(gpu);
  const packageName = gpu ? '@tensorflow/tfjs-node-gpu' : '@tensorflow/tfjs-node';
  const folder = join(cacheDirectory, name);

  report('prepare', 'looking for the tools that are needed');
  await writable(cacheDirectory);
  const lock = await lockBuild(cacheDirectory, name);
  try {
    const existing = force ? undefined : findIntact(cacheDirectory, gpu);
    const staging = join(cacheDirectory, `${name}.staging`);
    if (existing) {
      const upgraded = operationsOf(existing.folder) === undefined;
      if (upgraded) {
        const tools = toolsFor(await findBuildTools(), false);
        report('fetch-package', 'fetching node-gyp from npm');
        const compiler = await fetchCompiler(staging, tools);
        report('compile', 'compiling our operations (about 20 s)');
        await compileOperations(existing.folder, packageName, join(staging, 'operations'), compiler);
        await rm(staging, { recursive: true, force: true });
      }
      const check = await checkNativeBuild(
        join(existing.folder, 'node_modules', packageName),
        existing.folder,
      ).catch(async (error: unknown) => {
        if (upgraded) await rm(join(existing.folder, operationsName()));
        throw error;
      });
      return { ...existing, alreadyThere: !upgraded, usesGpu: check.usesGpu };
    }
    const named = options.libtensorflow === undefined ? undefined : findLibtensorflow(options.libtensorflow);
    const wheel = named ? undefined : tensorflowWheel(process.platform, process.arch, gpu);
    if (!named && !wheel) {
      throw new BuildError(
        'prepare',
        `there is no wheel with a libtensorflow for ${process.platform} ${process.arch}${gpu ? ' with CUDA' : ''}.`,
        'Name a folder with one (--libtensorflow FOLDER).',
      );
    }
    const tools = toolsFor(await findBuildTools(), wheel !== undefined);
    await enoughRoom(cacheDirectory, (gpu ? 9000 : wheel ? 1800 : 300) * MEGABYTE);

    report('fetch-package', `fetching ${packageName}@${TFJS_NODE_VERSION} and node-gyp from npm`);
    const fetched = join(staging, `package-${TFJS_NODE_VERSION}`);
    await stageFolder(fetched, async (partial) => {
      await fetchPackage(packageName, partial, tools.npm);
      await removeTensorLibrary(partial, packageName);
    });
    const compiler = await fetchCompiler(staging, tools);

    let libtensorflow = named;
    let source = options.libtensorflow ?? '';
    if (wheel) {
      source = wheel.fileName;
      const wheels = join(staging, `wheels-${TENSORFLOW_VERSION}`);
      const unpacked = join(staging, `tensorflow-${TENSORFLOW_VERSION}`);
      if (!existsSync(unpacked)) {
        const size = Math.round(wheel.bytes / MEGABYTE);
        report('fetch-tensorflow', `downloading ${wheel.requirement} (${size} MB${gpu ? ', and CUDA' : ''})`);
        await stageFolder(wheels, (partial) => fetchWheels(wheel, partial, tools, gpu));
        report('unpack', `unpacking ${wheel.fileName}`);
        await stageFolder(unpacked, async (partial) => {
          const files = (await readdir(wheels)).map((file) => join(wheels, file));
          await unpackWheels(files, partial, tools.python);
        });
      }
      await rm(wheels, { recursive: true, force: true });
      libtensorflow = findLibtensorflow(unpacked);
    }
    if (!libtensorflow) throw new Error('unreachable: a wheel or a folder was found above');
    const from = libtensorflow;

    report('compile', 'compiling the binding and our operations (about 40 s)');
    const finished = join(staging, 'finished');
    // a finished build that was not published may be for another libtensorflow
    await rm(finished, { recursive: true, force: true });
    let usesGpu = false;
    await stageFolder(finished, async (partial) => {
      await cp(fetched, partial, { recursive: true, verbatimSymlinks: true });
      await compileBinding(partial, packageName, from, compiler);
      await compileOperations(partial, packageName, join(staging, 'operations'), compiler);
      const cuda = join(from.libraries, '..', 'nvidia');
      // TensorFlow looks for CUDA in ../nvidia, relative to its own folder
      if (gpu && existsSync(cuda)) {
        await linkFolder(cuda, join(partial, 'node_modules', packageName, 'deps', 'nvidia'));
      }
      report('check', 'checking a convolution and its gradients in a separate process');
      const check = await checkNativeBuild(join(partial, 'node_modules', packageName), partial);
      usesGpu = check.usesGpu;
      const manifest = await describeBuild(partial, packageName, check.tensorflowVersion, source);
      await writeFileDurably(join(partial, 'manifest.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
    });

    report('publish', `moving it to ${folder}`);
    const old = `${folder}.old`;
    await rm(old, { recursive: true, force: true });
    if (existsSync(folder)) await rename(folder, old);
    await rename(finished, folder);
    await rm(old, { recursive: true, force: true });
    await rm(staging, { recursive: true, force: true });
    const build = findNativeBuild(cacheDirectory, gpu);
    if (!build)
      throw new BuildError(
        'publish',
        `${folder} is not there.`,
        'Another program removed it; install again.',
      );
    return { ...build, alreadyThere: false, usesGpu };
  } finally {
    await lock.release();
  }
}

/** A complete build; undefined for a damaged one, which is built again. */
function findIntact(cacheDirectory: string, gpu: boolean): NativeBuild | undefined {
  try {
    return findNativeBuild(cacheDirectory, gpu);
  } catch {
    return undefined;
  }
}

/** The compiler: node-gyp from npm, with this machine's Python and Node headers. */
async function fetchCompiler(
  staging: string,
  tools: Readonly<Record<'python' | 'npm', readonly string[]>>,
): Promise<Compiler> {
  const folder = join(staging, 'node-gyp');
  await stageFolder(folder, (partial) => fetchPackage('node-gyp', partial, tools.npm));
  return {
    nodeGyp: join(folder, 'node_modules', 'node-gyp', 'bin', 'node-gyp.js'),
    python: tools.python,
    headers: nodeHeaders(),
  };
}

async function writable(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true });
    await access(directory, constants.W_OK);
  } catch (error) {
    throw new BuildError(
      'prepare',
      `cannot write to ${directory} (${systemCode(error) ?? 'unknown'}).`,
      'Set XDG_CACHE_HOME to a folder that can be written to.',
      { cause: error },
    );
  }
}

async function enoughRoom(directory: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(directory);
  const free = bavail * bsize;
  if (free >= bytes) return;
  throw new BuildError(
    'prepare',
    `${directory} has room for ${Math.round(free / MEGABYTE)} MB; ${bytes / MEGABYTE} MB are needed.`,
    'Make room, or set XDG_CACHE_HOME to a folder on another disk.',
  );
}

/** @throws BuildError for the first missing tool, before any download. */
function toolsFor(
  found: readonly BuildTool[],
  download: boolean,
): Record<'python' | 'pip' | 'npm', readonly string[]> {
  const needed = download ? found : found.filter((tool) => tool.name !== 'pip');
  const missing = needed.find((tool) => !tool.works);
  if (missing) {
    throw new BuildError('prepare', `${missing.name} was not found.`, missing.remedy, { tool: missing.name });
  }
  const command = (name: BuildTool['name']): readonly string[] =>
    found.find((tool) => tool.name === name)?.command ?? [];
  return { python: command('python'), pip: command('pip'), npm: command('npm') };
}

async function describeBuild(
  folder: string,
  packageName: NativeManifest['packageName'],
  tensorflowVersion: string,
  source: string,
): Promise<NativeManifest> {
  const inPackage = join('node_modules', packageName);
  const libraries = join(inPackage, 'deps', 'lib');
  const paths = [
    'dmnn_setup.node',
    operationsName(),
    join(inPackage, 'lib', `napi-v${NAPI_VERSION}`, 'tfjs_binding.node'),
    ...(await readdir(join(folder, libraries)))
      .filter(
        (file) => basename(file) !== 'libtensorflow.so' && basename(file) !== 'libtensorflow_framework.so',
      )
      .map((file) => join(libraries, file)),
  ];
  const files = [];
  for (const path of paths) files.push({ path, ...(await fileDigest(join(folder, path))) });
  return {
    format: 1,
    packageName,
    packageVersion: TFJS_NODE_VERSION,
    tensorflowVersion,
    source,
    platform: process.platform,
    arch: process.arch,
    napiVersion: NAPI_VERSION,
    files,
  };
}
