import { existsSync } from 'node:fs';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  BuildError,
  type BuildStep,
  type BuildTool,
  NAPI_VERSION,
  describeFiles,
  enoughRoom,
  filesIn,
  publishBuild,
  writeManifest,
  fetchPackage,
  fetchWheel,
  findBuildTools,
  installation,
  type ReportStep,
  usableBuild,
  nativeCacheDirectory,
  stageFolder,
  unpackWheels,
} from '@dmnn/native';
import { packageLock, removeTensorLibrary } from './locked-packages.js';
import { nativeBuildName, TFJS_NODE_VERSION } from './native-build-name.js';
import { checkNativeBuild, type NativeCheck } from './check-native-build.js';
import { compileBinding, type Compiler } from './compile-binding.js';
import { compileOperations } from './compile-operations.js';
import { findLibtensorflow, type Libtensorflow, linkFolder } from './libtensorflow.js';
import { findNativeBuild } from './native-build.js';
import { MANIFEST_FORMAT, type NativeBuild, type NativeManifest } from './native-manifest.js';
import { operationsName, operationsOf } from './native-operations.js';
import { nodeDirectoryIn, placeNodeHeaders } from './node-headers.js';
import { tensorflowMembers } from './tensorflow-members.js';
import { TENSORFLOW_VERSION, type TensorflowWheel, tensorflowWheel } from './tensorflow-wheel.js';

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
  /** Ends the installation with the programs that it runs. The next one goes on at the step that this one was in. */
  readonly signal?: AbortSignal | undefined;
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
 * headers from PyPI's wheel, node-gyp and the headers of Node-API from npm, each file with the digest that this package
 * knows; node-gyp compiles, and the result is checked in a separate process. Each step writes to a partial folder that is renamed when complete, so a build that
 * was killed resumes at the step that it was in. A build that is damaged is made again. Nothing outside the cache is
 * touched; {@link removeNativeBackend} removes it.
 *
 * @throws BuildError with the step, the missing tool and the remedy; the reason of the signal.
 * @example
 * ```ts no-run
 * import { installNativeBackend } from '@dmnn/runtime';
 *
 * const { folder } = await installNativeBackend({ onProgress: ({ message }) => console.error(message) });
 * ```
 */
export async function installNativeBackend(options: InstallOptions = {}): Promise<InstalledBackend> {
  const { gpu = false, cacheDirectory = nativeCacheDirectory(), force = false, signal } = options;
  const { onProgress } = options;
  const begins = 'looking for the tools that are needed';
  return installation(
    { cacheDirectory, lock: nativeBuildName(gpu), begins, onProgress, signal },
    async (report) => {
      const existing = force ? undefined : usableBuild(findNativeBuild(cacheDirectory, gpu), report);
      return existing
        ? completeBuild(existing, { cacheDirectory, gpu, signal, report })
        : makeBuild({ ...options, gpu, cacheDirectory, report });
    },
  );
}

/** Adds our operations to a build that lacks those of this version, and checks it. */
async function completeBuild(
  existing: NativeBuild,
  options: {
    readonly cacheDirectory: string;
    readonly gpu: boolean;
    readonly signal: AbortSignal | undefined;
    readonly report: ReportStep;
  },
): Promise<InstalledBackend> {
  const { cacheDirectory, gpu, signal, report } = options;
  const { folder, manifest } = existing;
  const staging = stagingOf(cacheDirectory, gpu);
  const packageFolder = join(folder, 'node_modules', manifest.packageName);
  const listed = operationsOf(existing);
  if (listed !== undefined) {
    const { usesGpu } = await checkNativeBuild(packageFolder, folder, { operations: listed, signal });
    return { ...existing, alreadyThere: true, usesGpu };
  }
  const tools = toolsFor(await findBuildTools(), false);
  report('fetch-package', 'fetching node-gyp from npm');
  const compiler = await fetchCompiler(staging, tools, signal);
  report('compile', 'compiling our operations (about 20 s)');
  await compileOperations(folder, manifest.packageName, join(staging, 'operations'), compiler);
  await rm(staging, { recursive: true, force: true });
  const operations = join(folder, operationsName());
  const { usesGpu } = await checkNativeBuild(packageFolder, folder, { operations, signal }).catch(
    async (error: unknown) => {
      await rm(operations);
      throw error;
    },
  );
  const added = await describeFiles(folder, [operationsName()]);
  const files = [...manifest.files.filter(({ path }) => path !== operationsName()), ...added];
  const completed = { ...manifest, files };
  await writeManifest(folder, completed);
  return { folder, manifest: completed, alreadyThere: false, usesGpu };
}

/** Makes a build from scratch, or from what an interrupted installation left. */
async function makeBuild(
  options: InstallOptions & {
    readonly gpu: boolean;
    readonly cacheDirectory: string;
    readonly report: ReportStep;
  },
): Promise<InstalledBackend> {
  const { gpu, cacheDirectory, signal, report } = options;
  const packageName = gpu ? '@tensorflow/tfjs-node-gpu' : '@tensorflow/tfjs-node';
  const staging = stagingOf(cacheDirectory, gpu);
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
  await enoughRoom(cacheDirectory, gpu ? 9000 : wheel ? 1800 : 300);

  report('fetch-package', `fetching ${packageName}@${TFJS_NODE_VERSION} and node-gyp from npm`);
  const fetched = join(staging, `package-${TFJS_NODE_VERSION}`);
  await stageFolder(fetched, async (partial) => {
    await fetchPackage(await packageLock(gpu ? 'tfjs-node-gpu' : 'tfjs-node'), partial, tools.npm, signal);
    await removeTensorLibrary(partial, packageName);
  });
  const compiler = await fetchCompiler(staging, tools, signal);
  const from =
    named ?? (await fetchLibtensorflow(wheel as TensorflowWheel, staging, { tools, signal, report }));

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
    const check = await checkNativeBuild(join(partial, 'node_modules', packageName), partial, {
      operations: join(partial, operationsName()),
      signal,
    });
    usesGpu = check.usesGpu;
    const source = wheel?.fileName ?? options.libtensorflow ?? '';
    await writeManifest(partial, await describeBuild(partial, packageName, check, source));
  });
  return {
    ...(await publish({ cacheDirectory, gpu, staging, finished, report })),
    alreadyThere: false,
    usesGpu,
  };
}

/** Moves a finished build into its place, in that of an old one. */
async function publish(options: {
  readonly cacheDirectory: string;
  readonly gpu: boolean;
  readonly staging: string;
  readonly finished: string;
  readonly report: ReportStep;
}): Promise<NativeBuild> {
  const { cacheDirectory, gpu, staging, finished, report } = options;
  const folder = join(cacheDirectory, nativeBuildName(gpu));
  report('publish', `moving it to ${folder}`);
  await publishBuild(finished, folder, cacheDirectory);
  await rm(staging, { recursive: true, force: true });
  const found = findNativeBuild(cacheDirectory, gpu);
  if (found.state === 'intact') return found.build;
  throw new BuildError(
    'publish',
    found.state === 'none' ? `${folder} is not there.` : `${found.reason}.`,
    'Another program removed or changed it, or the disk is failing; install again.',
  );
}

function stagingOf(cacheDirectory: string, gpu: boolean): string {
  return join(cacheDirectory, `${nativeBuildName(gpu)}.staging`);
}

/** Downloads and unpacks the wheels. Each that was fetched stays when a later one fails. */
async function fetchLibtensorflow(
  wheel: TensorflowWheel,
  staging: string,
  options: {
    readonly tools: Readonly<Record<'python' | 'pip', readonly string[]>>;
    readonly signal: AbortSignal | undefined;
    readonly report: ReportStep;
  },
): Promise<Libtensorflow> {
  const { tools, signal, report } = options;
  const wheels = join(staging, 'wheels');
  const unpacked = join(staging, `tensorflow-${TENSORFLOW_VERSION}`);
  await stageFolder(unpacked, async (partial) => {
    const size = Math.round(wheel.bytes / MEGABYTE);
    const files: string[] = [];
    for (const [i, one] of [wheel, ...wheel.cuda].entries()) {
      const of = wheel.cuda.length > 0 ? `, file ${i + 1} of ${wheel.cuda.length + 1}` : '';
      report('fetch-tensorflow', `downloading ${one.requirement} (${i === 0 ? `${size} MB` : 'CUDA'}${of})`);
      const folder = join(wheels, one.sha256.slice(0, 16));
      await stageFolder(folder, (empty) =>
        fetchWheel(one, empty, {
          platforms: wheel.platforms,
          pip: tools.pip,
          step: 'fetch-tensorflow',
          otherwise: 'name a folder with libtensorflow instead (dmnn backend install --libtensorflow FOLDER)',
          signal,
        }),
      );
      files.push(join(folder, one.fileName));
    }
    report('unpack', `unpacking ${wheel.fileName}`);
    await unpackWheels(files, partial, tensorflowMembers, tools.python, signal);
  });
  await rm(wheels, { recursive: true, force: true });
  return findLibtensorflow(unpacked);
}

/** The compiler: node-gyp and the headers of Node-API from npm, with this machine's Python. */
async function fetchCompiler(
  staging: string,
  tools: Readonly<Record<'python' | 'npm', readonly string[]>>,
  signal: AbortSignal | undefined,
): Promise<Compiler> {
  const folder = join(staging, 'compiler');
  await stageFolder(folder, async (partial) => {
    await fetchPackage(await packageLock('node-gyp'), partial, tools.npm, signal);
    await placeNodeHeaders(partial);
  });
  return {
    nodeGyp: join(folder, 'node_modules', 'node-gyp', 'bin', 'node-gyp.js'),
    python: tools.python,
    nodeDirectory: nodeDirectoryIn(folder),
    signal,
  };
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
  { tensorflowVersion, scripts }: NativeCheck,
  source: string,
): Promise<NativeManifest> {
  const inPackage = join('node_modules', packageName);
  const paths = [
    'dmnn_setup.node',
    operationsName(),
    join(inPackage, 'lib', `napi-v${NAPI_VERSION}`, 'tfjs_binding.node'),
    ...(await filesIn(folder, join(inPackage, 'deps'))),
    ...scripts,
  ];
  return {
    format: MANIFEST_FORMAT,
    packageName,
    packageVersion: TFJS_NODE_VERSION,
    tensorflowVersion,
    source,
    platform: process.platform,
    arch: process.arch,
    napiVersion: NAPI_VERSION,
    files: await describeFiles(folder, paths),
  };
}
