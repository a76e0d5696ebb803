import { createRequire } from 'node:module';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DmnnError } from '@dmnn/foundation';
import { makeFolder, systemCode } from '@dmnn/foundation/node';
import type { BackendReport } from '@dmnn/runtime';
import type { CommandIo } from './command-io.js';
import type { ExitCode } from './exit-code.js';
import { RESPAWNED } from './respawn.js';
import { phase } from './progress-line.js';

/** Backends that `--backend` takes, by the names of `@dmnn/runtime`. */
export const backendChoices = ['native-gpu', 'native', 'wasm', 'cpu'] as const;

/** The requested backend, without fallback. */
export type BackendChoice = (typeof backendChoices)[number];

/**
 * Loads the tensor library and starts a backend, and reports which.
 *
 * @param backend - the requested one, without fallback; undefined: the best that works
 * @throws DmnnError `DMNN_BACKEND` if none works, or the requested one does not
 */
export async function startBackend(
  backend: BackendChoice | undefined,
  io: CommandIo,
): Promise<BackendReport> {
  const { chooseBackend } = await import('@dmnn/runtime');
  const cacheDirectory = backend === 'wasm' || backend === 'cpu' ? undefined : await nativeCache(io);
  const report = await phase(io, 'starting a backend', async () => {
    await import('@tensorflow/tfjs'); // registers the gradients
    return chooseBackend({ cacheDirectory, prefer: backend });
  });
  const wanted = report.tried.find(({ name }) => name === backend);
  if (wanted && !wanted.works) {
    throw new DmnnError(
      'DMNN_BACKEND',
      `--backend: expected ${wanted.name} to work, but ${wanted.reason ?? 'it does not'}. Try: ${wanted.remedy ?? 'another'}.`,
    );
  }
  io.err(backendText(report));
  const isNew = async (hint: string): Promise<boolean> =>
    cacheDirectory === undefined || (await isFirstTime(cacheDirectory, hint));
  for (const warning of report.warnings) {
    if (!warning.includes(INSTALL) || (await isNew('update'))) io.err(warning);
  }
  const isNative = report.chosen === 'native' || report.chosen === 'native-gpu';
  if (backend === undefined && !isNative && (await isNew('install'))) {
    io.err(`A native backend is several times as fast: ${INSTALL}`);
  }
  return report;
}

/** Where native builds are looked for; says so where that is not where the user set it. */
async function nativeCache(io: CommandIo): Promise<string> {
  const { cacheSettingRemark, nativeCacheDirectory } = await import('@dmnn/runtime');
  const ignored = cacheSettingRemark(io.env);
  if (ignored !== undefined) io.err(ignored);
  return nativeCacheDirectory(io.env);
}

function backendText({ chosen, version, threads }: BackendReport): string {
  const on = threads === undefined ? '' : `, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
  return `backend ${chosen}: ${version}${on}`;
}

/**
 * Runs the work of a command in a process that suits it, started if need be, once.
 *
 * - Its allocator is set for the native backend, which takes several times as long with the usual settings. The C library
 *   reads them at the start of a process. The builds of `dmnn backend install` set them by themselves: this is for an
 *   installed tfjs-node.
 * - On the command line it is a process of its own, since one that computes for seconds hears no signal.
 *
 * @param backend - as requested on the command line; `wasm` and `cpu` have no settings
 * @param work - called here, or in the process that was started
 * @param installed - whether tfjs-node is; looked up by default
 */
export async function inSuitableProcess(
  backend: BackendChoice | undefined,
  io: CommandIo,
  work: () => Promise<ExitCode>,
  installed: boolean = isInstalled(),
): Promise<ExitCode> {
  if (io.env[RESPAWNED] !== undefined) return work();
  const isNative = installed && backend !== 'wasm' && backend !== 'cpu';
  const settings = isNative ? (await import('@dmnn/runtime')).nativeEnvironment() : {};
  const unset = Object.entries(settings).filter(([name]) => io.env[name] === undefined);
  if (unset.length === 0 && !io.separate) return work();
  return (await io.respawn(Object.fromEntries(unset), (text) => {
    io.redraw(' '); // the other process may have drawn a line, of which this one does not know
    io.err(text);
  })) as ExitCode;
}

function isInstalled(): boolean {
  // as @dmnn/runtime sees it, whose optional peer it is
  const require = createRequire(createRequire(import.meta.url).resolve('@dmnn/runtime/package.json'));
  return ['@tensorflow/tfjs-node', '@tensorflow/tfjs-node-gpu'].some((name) => {
    try {
      return require.resolve(`${name}/package.json`) !== '';
    } catch {
      return false;
    }
  });
}

const INSTALL = 'dmnn backend install';

/**
 * Whether a hint was never given on this machine; remembered by a file, so that not every command repeats it. Where
 * nothing can be written, it is given each time.
 */
async function isFirstTime(cacheDirectory: string, hint: string): Promise<boolean> {
  const folder = join(dirname(cacheDirectory), 'hints-given');
  try {
    await makeFolder(folder);
    await writeFile(join(folder, hint), '', { flag: 'wx' });
    return true;
  } catch (error) {
    return systemCode(error) !== 'EEXIST';
  }
}
