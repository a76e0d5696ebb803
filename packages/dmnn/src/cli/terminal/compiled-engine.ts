import type { Engine, EngineOptions } from '@dmnn/engine';
import type { NetworkData } from '@dmnn/weights';
import type { CommandIo } from './command-io.js';

/**
 * Opens a network on the compiled engine, from the cache that the environment names.
 *
 * @throws DmnnError `DMNN_ENGINE` if it is not installed or cannot open the network
 */
export async function openCompiled(
  network: NetworkData,
  io: CommandIo,
  options: EngineOptions = {},
): Promise<Engine> {
  const { openEngine } = await import('@dmnn/engine');
  const { nativeCacheDirectory } = await import('@dmnn/runtime');
  return openEngine(network, { cacheDirectory: nativeCacheDirectory(io.env), ...options });
}
