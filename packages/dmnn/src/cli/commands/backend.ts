import { resolve } from 'node:path';
import type { InstalledBackend } from '@dmnn/runtime';
import { type SetUpCommand, defineCommand } from '../terminal/define-command.js';
import type { CommandIo } from '../terminal/command-io.js';
import { durationText } from '../../text/count-text.js';
import { type ExitCode, DONE, INTERRUPTED } from '../terminal/exit-code.js';
import { interruptSignal } from '../terminal/interrupts.js';
import { phase } from '../terminal/progress-line.js';
import { jsonOption } from '../options/common-options.js';

/** Options of `dmnn backend install`. */
interface BackendInstallOptions {
  readonly force?: boolean | undefined;
  readonly gpu?: boolean | undefined;
  readonly json?: boolean | undefined;
  readonly libtensorflow?: string | undefined;
}

/** Options of `dmnn backend remove`. */
interface BackendRemoveOptions {
  readonly gpu?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/** Builds the native backend into the cache. */
async function backendInstall(options: BackendInstallOptions, io: CommandIo): Promise<ExitCode> {
  const { force = false, gpu = false, json = false, libtensorflow } = options;
  const { cacheSettingRemark, installNativeBackend, nativeCacheDirectory } = await import('@dmnn/runtime');
  const ignored = cacheSettingRemark(io.env);
  if (ignored !== undefined) io.err(ignored);
  const start = io.now();
  const { signal, stop } = interruptSignal(io);
  let doing = '';
  let installed: InstalledBackend;
  try {
    installed = await phase(io, 'installing the native backend', () =>
      installNativeBackend({
        gpu,
        force,
        cacheDirectory: nativeCacheDirectory(io.env),
        libtensorflow: libtensorflow === undefined ? undefined : resolve(libtensorflow),
        onProgress: ({ message }) => {
          doing = message;
          io.redraw('');
          io.err(message);
        },
        signal,
      }),
    );
  } catch (error) {
    if (!signal.aborted) throw error;
    io.err(`interrupted while ${doing}; the next dmnn backend install goes on from there`);
    return INTERRUPTED;
  } finally {
    stop();
  }
  const { folder, manifest, alreadyThere, usesGpu } = installed;
  const { packageName, packageVersion, tensorflowVersion } = manifest;
  if (json) {
    io.out(
      JSON.stringify(
        { folder, packageName, packageVersion, tensorflowVersion, alreadyThere, usesGpu },
        null,
        2,
      ),
    );
    return DONE;
  }
  const what = `${packageName} ${packageVersion} on TensorFlow ${tensorflowVersion}`;
  io.out(alreadyThere ? `already there: ${what}` : `built ${what} in ${durationText(io.now() - start)}`);
  io.out(folder);
  if (gpu && !usesGpu) io.err('TensorFlow sees no CUDA device here; the build computes on the CPU.');
  return DONE;
}

/** Removes native builds from the cache. */
async function backendRemove(options: BackendRemoveOptions, io: CommandIo): Promise<ExitCode> {
  const { nativeCacheDirectory, removeNativeBackend } = await import('@dmnn/runtime');
  const removed = await removeNativeBackend({
    cacheDirectory: nativeCacheDirectory(io.env),
    gpu: options.gpu,
  });
  if (options.json) io.out(JSON.stringify({ removed }, null, 2));
  else
    io.out(
      removed.length > 0 ? removed.map((folder) => `removed ${folder}`).join('\n') : 'nothing to remove',
    );
  return DONE;
}

const installCommand = defineCommand({
  usage: (command) => {
    command
      .option('--gpu', 'for NVIDIA GPUs: tfjs-node-gpu, with the CUDA libraries')
      .option('--libtensorflow <folder>', "build on this libtensorflow instead of the one in PyPI's wheel")
      .option('--force', 'rebuild even if a build exists')
      .addOption(jsonOption());
  },
  request: (options: BackendInstallOptions) => options,
  run: backendInstall,
});

const removeCommand = defineCommand({
  usage: (command) => {
    command
      .option('--gpu', 'remove only the GPU build')
      .option('--no-gpu', 'remove only the CPU build')
      .addOption(jsonOption());
  },
  request: (options: BackendRemoveOptions) => options,
  run: backendRemove,
});

/** `dmnn backend`, with the subcommands `install` and `remove`. */
export const backendCommand: SetUpCommand = (backend, context) => {
  const install = backend
    .command('install')
    .description(
      "build tfjs-node's binding on a current TensorFlow, into a cache; resumes an interrupted build",
    );
  installCommand(install, context);
  removeCommand(backend.command('remove').description('remove native builds from the cache'), context);
};
