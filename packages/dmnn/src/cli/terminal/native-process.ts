import { createRequire } from 'node:module';
import type { CommandIo } from './command-io.js';
import type { ExitCode } from './exit-code.js';
import { RESPAWNED } from './respawn.js';
import type { BackendChoice } from './start-backend.js';

/**
 * Runs the work of a command in a process whose allocator is set for the native backend, which takes several times
 * as long with the usual settings. The C library reads them at the start of a process, so another is started if need
 * be, once. The builds of `dmnn backend install` set them by themselves: this is for an installed tfjs-node.
 *
 * @param backend - as requested on the command line; nothing is done for `wasm` and `cpu`
 * @param work - called here, or in the process that was started
 * @param installed - whether tfjs-node is; looked up by default
 */
export async function inNativeProcess(
  backend: BackendChoice | undefined,
  io: CommandIo,
  work: () => Promise<ExitCode>,
  installed: boolean = isInstalled(),
): Promise<ExitCode> {
  if (!installed || backend === 'wasm' || backend === 'cpu' || io.env[RESPAWNED] !== undefined) return work();
  const { nativeEnvironment } = await import('@dmnn/runtime');
  const unset = Object.entries(nativeEnvironment()).filter(([name]) => io.env[name] === undefined);
  if (unset.length === 0) return work();
  return (await io.respawn(Object.fromEntries(unset))) as ExitCode;
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
