import { isAbsolute, join } from 'node:path';
import { homeFolder } from './home-folder.js';

/** The stable Node-API version that addons are built against; every Node from 12.22 on has it. */
export const NAPI_VERSION = 8;

/**
 * The folder of all native builds of one user: `${XDG_CACHE_HOME ?? ~/.cache}/dmnn/native`.
 *
 * @param environment - where `XDG_CACHE_HOME` is looked up; a relative value is ignored, as its specification asks.
 * @returns an absolute path
 */
export function nativeCacheDirectory(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const configured = environment['XDG_CACHE_HOME'] ?? '';
  return join(isAbsolute(configured) ? configured : join(homeFolder(), '.cache'), 'dmnn', 'native');
}

/**
 * Why {@link nativeCacheDirectory} is not where the environment says.
 *
 * @returns undefined if it is
 */
export function cacheSettingRemark(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string | undefined {
  const configured = environment['XDG_CACHE_HOME'] ?? '';
  if (configured === '' || isAbsolute(configured)) return undefined;
  return `XDG_CACHE_HOME: expected an absolute path, got ${configured}; ignored, native builds are looked for in ${nativeCacheDirectory(environment)}.`;
}
