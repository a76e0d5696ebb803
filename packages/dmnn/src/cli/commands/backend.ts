import { resolve } from 'node:path';
import { isDmnnError, closeAfter } from '@dmnn/foundation';
import { type SetUpCommand, defineCommand } from '../terminal/define-command.js';
import type { CommandIo } from '../terminal/command-io.js';
import { durationText } from '../../text/count-text.js';
import { type ExitCode, DONE, INTERRUPTED } from '../terminal/exit-code.js';
import { interruptSignal } from '../terminal/interrupts.js';
import { phase } from '../terminal/progress-line.js';
import { usageError } from '../terminal/usage-error.js';
import { jsonOption } from '../options/common-options.js';

/** Options of `dmnn backend install`. */
interface BackendInstallOptions {
  readonly engine?: boolean | undefined;
  readonly force?: boolean | undefined;
  readonly gpu?: boolean | undefined;
  readonly json?: boolean | undefined;
  readonly libtensorflow?: string | undefined;
  readonly onednn?: string | undefined;
}

/** Options of `dmnn backend remove`. */
interface BackendRemoveOptions {
  readonly engine?: boolean | undefined;
  readonly gpu?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/** What an installation of either kind needs from the command. */
interface Installing {
  readonly io: CommandIo;
  readonly cacheDirectory: string;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: { readonly message: string }) => void;
}

/** Builds the native backend and the engine into the cache: one of them if the options say so. */
async function backendInstall(options: BackendInstallOptions, io: CommandIo): Promise<ExitCode> {
  const { json = false } = options;
  const isForTensorflow = options.gpu === true || options.libtensorflow !== undefined;
  const { cacheSettingRemark, nativeCacheDirectory } = await import('@dmnn/runtime');
  const ignored = cacheSettingRemark(io.env);
  if (ignored !== undefined) io.err(ignored);
  const { signal, stop } = interruptSignal(io);
  let doing = '';
  const installing: Installing = {
    io,
    cacheDirectory: nativeCacheDirectory(io.env),
    signal,
    onProgress: ({ message }) => {
      doing = message;
      io.redraw('');
      io.err(message);
    },
  };
  return closeAfter(async () => {
    try {
      // the engine first: it is smaller by far, and what it lacks is no reason to do without the backend
      const engine = isForTensorflow ? undefined : await installTheEngine(options, installing);
      if (options.engine === true) {
        if (json) io.out(JSON.stringify({ engine }, null, 2));
        return DONE;
      }
      const backend = await installTheBackend(options, installing);
      if (json) io.out(JSON.stringify({ ...backend, ...(engine && { engine }) }, null, 2));
      return DONE;
    } catch (error) {
      if (!signal.aborted) throw error;
      io.err(`interrupted while ${doing}; the next dmnn backend install goes on from there`);
      return INTERRUPTED;
    }
  }, stop);
}

/** @returns what --json says of it; where more than the engine is wanted, also why it was not installed */
async function installTheEngine(
  { engine: isAlone, force, json, onednn }: BackendInstallOptions,
  { io, ...rest }: Installing,
): Promise<object> {
  const { installEngine } = await import('@dmnn/engine');
  const start = io.now();
  try {
    const { folder, manifest, alreadyThere } = await phase(io, 'installing the engine', () =>
      installEngine({ ...rest, force, onednn: onednn === undefined ? undefined : resolve(onednn) }),
    );
    const { oneDnn } = manifest;
    const what = `the engine on oneDNN ${oneDnn}`;
    if (!json) {
      io.out(alreadyThere ? `already there: ${what}` : `built ${what} in ${durationText(io.now() - start)}`);
      io.out(folder);
    }
    return { folder, oneDnn, alreadyThere };
  } catch (error) {
    if (isAlone === true || rest.signal.aborted || !isDmnnError(error)) throw error;
    io.err(`the engine was not installed: ${error.message}`);
    return { reason: error.message };
  }
}

async function installTheBackend(
  { force, gpu = false, json, libtensorflow }: BackendInstallOptions,
  { io, ...rest }: Installing,
): Promise<object> {
  const { installNativeBackend } = await import('@dmnn/runtime');
  const start = io.now();
  const { folder, manifest, alreadyThere, usesGpu } = await phase(io, 'installing the native backend', () =>
    installNativeBackend({
      ...rest,
      gpu,
      force,
      libtensorflow: libtensorflow === undefined ? undefined : resolve(libtensorflow),
    }),
  );
  const { packageName, packageVersion, tensorflowVersion } = manifest;
  if (!json) {
    const what = `${packageName} ${packageVersion} on TensorFlow ${tensorflowVersion}`;
    io.out(alreadyThere ? `already there: ${what}` : `built ${what} in ${durationText(io.now() - start)}`);
    io.out(folder);
    if (gpu && !usesGpu) io.err('TensorFlow sees no CUDA device here; the build computes on the CPU.');
  }
  return { folder, packageName, packageVersion, tensorflowVersion, alreadyThere, usesGpu };
}

/** @throws DmnnError `DMNN_USAGE` for options that exclude one another. */
function installRequest(options: BackendInstallOptions): BackendInstallOptions {
  const { engine, gpu, libtensorflow, onednn } = options;
  const other = gpu === true ? '--gpu' : libtensorflow === undefined ? undefined : '--libtensorflow';
  if (other === undefined) return options;
  if (engine === true)
    throw usageError(
      `--engine: expected without ${other}, which is for TensorFlow, got both. Leave one out.`,
    );
  if (onednn !== undefined)
    throw usageError(
      `--onednn: expected without ${other}, with which the engine is not installed, got both. Leave one out.`,
    );
  return options;
}

/** Removes native builds from the cache. */
async function backendRemove(options: BackendRemoveOptions, io: CommandIo): Promise<ExitCode> {
  const { nativeCacheDirectory, removeNativeBackend } = await import('@dmnn/runtime');
  const { removeEngine } = await import('@dmnn/engine');
  const { engine = false, gpu } = options;
  const cacheDirectory = nativeCacheDirectory(io.env);
  const removed = [
    ...(engine ? [] : await removeNativeBackend({ cacheDirectory, gpu })),
    ...(gpu === undefined ? await removeEngine({ cacheDirectory }) : []),
  ];
  if (options.json) io.out(JSON.stringify({ removed }, null, 2));
  else
    io.out(
      removed.length > 0 ? removed.map((folder) => `removed ${folder}`).join('\n') : 'nothing to remove',
    );
  return DONE;
}

/** @throws DmnnError `DMNN_USAGE` for options that exclude one another. */
function removeRequest(options: BackendRemoveOptions): BackendRemoveOptions {
  if (options.engine === true && options.gpu !== undefined)
    throw usageError(
      `--engine: expected without ${options.gpu ? '--gpu' : '--no-gpu'}, got both. Leave one out.`,
    );
  return options;
}

const installCommand = defineCommand({
  usage: (command) => {
    command
      .option('--engine', 'only the engine, without TensorFlow')
      .option('--gpu', 'only tfjs-node-gpu, for NVIDIA GPUs, with the CUDA libraries')
      .option('--libtensorflow <folder>', "build on this libtensorflow instead of the one in PyPI's wheel")
      .option('--onednn <folder>', "build the engine on this oneDNN instead of the one in PyPI's wheel")
      .option('--force', 'rebuild even if a build exists')
      .addOption(jsonOption());
  },
  request: installRequest,
  run: backendInstall,
});

const removeCommand = defineCommand({
  usage: (command) => {
    command
      .option('--engine', 'remove only the engine, of all versions')
      .option('--gpu', 'remove only the GPU build')
      .option('--no-gpu', 'remove only the CPU build')
      .addOption(jsonOption());
  },
  request: removeRequest,
  run: backendRemove,
});

/** `dmnn backend`, with the subcommands `install` and `remove`. */
export const backendCommand: SetUpCommand = (backend, context) => {
  const install = backend
    .command('install')
    .description(
      "build the engine, and tfjs-node's binding on a current TensorFlow, into a cache; resumes an interrupted build",
    );
  installCommand(install, context);
  removeCommand(backend.command('remove').description('remove native builds from the cache'), context);
};
