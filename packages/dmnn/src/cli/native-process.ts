import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { BackendChoice } from './backend-option.js';
import type { CommandIo } from './command-io.js';
import type { ExitCode } from './exit-code.js';
import { RESPAWNED } from './respawn.js';

/**
 * Runs the work of a command in a process whose allocator is set for the native backend, which takes several times
 * as long with the usual settings. They are read at the start of a process, so another is started if need be, once.
 *
 * @param backend - as the command line asks; nothing is done for `wasm` and `cpu`, nor where there is no native one
 * @param work - called here, or in the process that was started
 */
export async function inNativeProcess(
  backend: BackendChoice | undefined,
  io: CommandIo,
  work: () => Promise<ExitCode>,
): Promise<ExitCode> {
  if (backend === 'wasm' || backend === 'cpu' || io.env[RESPAWNED] !== undefined) return work();
  const { nativeCacheDirectory, nativeEnvironment } = await import('@dmnn/runtime');
  const unset = Object.entries(nativeEnvironment()).filter(([name]) => io.env[name] === undefined);
  const mayBeNative = existsSync(nativeCacheDirectory(io.env)) || isInstalled();
  if (unset.length === 0 || !mayBeNative) return work();
  return (await io.respawn(Object.fromEntries(unset))) as ExitCode;
}

function isInstalled(): boolean {
  const require = createRequire(import.meta.url);
  return ['@tensorflow/tfjs-node', '@tensorflow/tfjs-node-gpu'].some((name) => {
    try {
      return require.resolve(`${name}/package.json`) !== '';
    } catch {
      return false;
    }
  });
}
