import { homedir } from 'node:os';
import { join } from 'node:path';

/** The stable Node-API version that bindings are built against; every Node from 12.22 on has it. */
export const NAPI_VERSION = 8;

/** The release of `@tensorflow/tfjs-node` and `@tensorflow/tfjs-node-gpu` that is built. It is their last. */
export const TFJS_NODE_VERSION = '4.22.0';

/**
 * The folder of all native builds of one user: `${XDG_CACHE_HOME ?? ~/.cache}/dmnn/native`.
 *
 * @param environment - where `XDG_CACHE_HOME` is looked up; a relative value is ignored, as its specification asks.
 */
export function nativeCacheDirectory(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const configured = environment['XDG_CACHE_HOME'];
  const base = configured?.startsWith('/') === true ? configured : join(homedir(), '.cache');
  return join(base, 'dmnn', 'native');
}

/** The folder of one build inside the cache, such as `napi-v8-linux-x64` or `napi-v8-linux-x64-gpu`. */
export function nativeBuildName(gpu: boolean): string {
  return `napi-v${NAPI_VERSION}-${process.platform}-${process.arch}${gpu ? '-gpu' : ''}`;
}
