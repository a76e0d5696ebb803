import { copyFile, cp, rm } from 'node:fs/promises';
import { makeFolder } from '@dmnn/foundation/node';
import { dirname, join, resolve } from 'node:path';
import {
  BuildError,
  type BuildStep,
  type BuildTool,
  describeFiles,
  enoughRoom,
  fetchWheel,
  filesIn,
  findBuildTools,
  installation,
  linkOrCopy,
  NAPI_VERSION,
  nativeCacheDirectory,
  publishBuild,
  type ReportStep,
  stageFolder,
  unpackWheels,
  usableBuild,
  writeManifest,
} from '@dmnn/native';
import { assertOpenMp, checkEngine } from './check-engine.js';
import { compileEngine } from './compile-engine.js';
import {
  CORE,
  ENGINE_FORMAT,
  type EngineBuild,
  engineBuildName,
  libcOf,
  machineName,
  oneDnnName,
  sourceDigest,
} from './engine-build.js';
import { findEngine } from './locate-engine.js';
import { findOneDnn, type OneDnn } from './onednn-folder.js';
import {
  ONEDNN_LIBRARY,
  ONEDNN_WHEELS,
  oneDnnMembers,
  type OneDnnWheels,
  oneDnnWheels,
} from './onednn-wheels.js';

/** Options of {@link installEngine}. */
export interface InstallEngineOptions {
  /** A folder with a oneDNN 3 to build against, `lib/` and `include/`; otherwise it is taken from PyPI's wheels. */
  readonly onednn?: string | undefined;
  /** @defaultValue `nativeCacheDirectory()` */
  readonly cacheDirectory?: string | undefined;
  /** Build again although there is one. @defaultValue false */
  readonly force?: boolean | undefined;
  /** Called as each step begins. */
  readonly onProgress?:
    ((progress: { readonly step: BuildStep; readonly message: string }) => void) | undefined;
  /** Ends the installation with the programs that it runs. The next one goes on at the step that this one was in. */
  readonly signal?: AbortSignal | undefined;
}

/** The result of {@link installEngine}. */
export interface InstalledEngine extends EngineBuild {
  /** Whether there was a build already and nothing was done. */
  readonly alreadyThere: boolean;
}

/** The name of the lock: one installation at a time, of any version, since they share oneDNN. */
const LOCK = 'engine';

/**
 * Builds the engine's core and puts it where `openEngine` finds it.
 *
 * oneDNN and its headers come from PyPI's wheels (39 MB), each with the digest that this package knows; the compiler of this
 * machine compiles the core in about half a minute, and the result is loaded in a separate process. Each step writes to a partial
 * folder that is renamed when complete, so an installation that was killed resumes at the step that it was in. A build
 * that is damaged is made again. Nothing outside the cache is touched; {@link removeEngine} removes it.
 *
 * @throws BuildError with the step, the missing tool and the remedy; the reason of the signal.
 * @example
 * ```ts no-run
 * import { installEngine, locateEngine } from '@dmnn/engine';
 *
 * await installEngine({ onProgress: ({ message }) => console.error(message) });
 * console.log(locateEngine().path);
 * ```
 */
export async function installEngine(options: InstallEngineOptions = {}): Promise<InstalledEngine> {
  const { cacheDirectory = nativeCacheDirectory(), force = false, signal } = options;
  const begins = 'looking for the tools that the engine needs';
  const { onProgress } = options;
  return installation({ cacheDirectory, lock: LOCK, begins, onProgress, signal }, async (report) => {
    const existing = force ? undefined : usableBuild(findEngine(cacheDirectory), report);
    if (existing) {
      await checkEngine(join(existing.folder, CORE), signal);
      return { ...existing, alreadyThere: true };
    }
    const build = await makeBuild({ ...options, cacheDirectory, report });
    return { ...build, alreadyThere: false };
  });
}

/** Makes a build from scratch, or from what an interrupted installation left. */
async function makeBuild(
  options: InstallEngineOptions & { readonly cacheDirectory: string; readonly report: ReportStep },
): Promise<EngineBuild> {
  const { cacheDirectory, onednn, signal, report } = options;
  const named = onednn === undefined ? undefined : findOneDnn(onednn);
  const wheels = oneDnnWheels(process.platform, process.arch, libcOf());
  if (!named && !wheels) {
    throw new BuildError(
      'prepare',
      `there is no wheel with oneDNN for ${machineName()}.`,
      'Build oneDNN 3 and name the folder that it was installed into (--onednn FOLDER).',
    );
  }
  const tools = await findBuildTools();
  const compiler = commandOf(tools, 'compiler');
  if (!named) await assertOpenMp(signal);
  await enoughRoom(cacheDirectory, 300);

  const from =
    named ?? (await fetchOneDnn(wheels as OneDnnWheels, cacheDirectory, { tools, signal, report }));
  report('compile', 'compiling the core of the engine (about half a minute)');
  const folder = join(cacheDirectory, engineBuildName());
  const finished = `${folder}.finished`;
  // one that was not published may be of another oneDNN
  await rm(finished, { recursive: true, force: true });
  await stageFolder(finished, async (partial) => {
    // a folder of the user's may change: no link to what is in it
    await (named ? copyFile : linkOrCopy)(from.library, join(partial, ONEDNN_LIBRARY));
    if (from.licences !== undefined) await cp(from.licences, join(partial, 'licences'), { recursive: true });
    await compileEngine({ compiler, headers: from.headers, folder: partial, signal });
    report('check', 'loading the core in a separate process');
    const oneDnn = await checkEngine(join(partial, CORE), signal);
    await writeManifest(partial, {
      format: ENGINE_FORMAT,
      sources: sourceDigest(),
      oneDnn,
      source: onednn === undefined ? (wheels?.library.fileName ?? '') : resolve(onednn),
      compiler: tools.find(({ name }) => name === 'compiler')?.version ?? '',
      platform: process.platform,
      arch: process.arch,
      libc: libcOf() ?? 'none',
      napiVersion: NAPI_VERSION,
      files: await describeFiles(partial, [CORE, ONEDNN_LIBRARY, ...licencesIn(await filesIn(partial))]),
    });
  });
  report('publish', `moving it to ${folder}`);
  await publishBuild(finished, folder, cacheDirectory);
  await rm(`${finished}.contents.json`, { force: true });
  const found = findEngine(cacheDirectory);
  if (found.state === 'intact') return found.build;
  throw new BuildError(
    'publish',
    found.state === 'none' ? `${folder} is not there.` : `${found.reason}.`,
    'Another program removed or changed it, or the disk is failing; install again.',
  );
}

function licencesIn(files: readonly string[]): string[] {
  return files.filter((file) => dirname(file) === 'licences');
}

/** oneDNN in the cache: downloaded once for all versions of this package. */
async function fetchOneDnn(
  wheels: OneDnnWheels,
  cacheDirectory: string,
  options: {
    readonly tools: readonly BuildTool[];
    readonly signal: AbortSignal | undefined;
    readonly report: ReportStep;
  },
): Promise<OneDnn> {
  const { tools, signal, report } = options;
  const unpacked = join(cacheDirectory, oneDnnName());
  const downloads = `${unpacked}.wheels`;
  await stageFolder(unpacked, async (partial) => {
    const [pip, python] = [commandOf(tools, 'pip'), commandOf(tools, 'python')];
    await makeFolder(downloads);
    const files: string[] = [];
    for (const wheel of [wheels.library, wheels.headers]) {
      report('fetch-onednn', `downloading ${wheel.requirement}${wheel === wheels.library ? ' (39 MB)' : ''}`);
      const folder = join(downloads, wheel.sha256.slice(0, 16));
      await stageFolder(folder, (empty) =>
        fetchWheel(wheel, empty, {
          platforms: wheels.platforms,
          pip,
          step: 'fetch-onednn',
          otherwise: 'name a folder with oneDNN 3 instead (dmnn backend install --engine --onednn FOLDER)',
          signal,
        }),
      );
      files.push(join(folder, wheel.fileName));
    }
    report('unpack', `unpacking oneDNN of the wheels ${ONEDNN_WHEELS}`);
    await unpackWheels(files, partial, oneDnnMembers, python, signal);
  });
  await rm(downloads, { recursive: true, force: true });
  return findOneDnn(unpacked);
}

/** @throws BuildError if the tool is missing. */
function commandOf(tools: readonly BuildTool[], name: BuildTool['name']): readonly string[] {
  const tool = tools.find((one) => one.name === name);
  if (tool?.works === true && tool.command) return tool.command;
  throw new BuildError('prepare', `${name} was not found.`, tool?.remedy ?? '', { tool: name });
}
