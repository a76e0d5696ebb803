import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';

import { nativeBuildName } from './native-cache.js';

/** One file of a build, as it was when the build had been checked. */
export interface BuiltFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** `manifest.json` of a finished build. It is written last, so a folder that has one is complete. */
export interface NativeManifest {
  readonly format: 1;
  readonly packageName: '@tensorflow/tfjs-node' | '@tensorflow/tfjs-node-gpu';
  readonly packageVersion: string;
  /** The TensorFlow that the binding was linked with, as it reports itself. */
  readonly tensorflowVersion: string;
  /** Where libtensorflow came from: a wheel's file name or the folder that was named. */
  readonly source: string;
  readonly platform: string;
  readonly arch: string;
  readonly napiVersion: number;
  /** The binding and the libraries, relative to the build's folder. */
  readonly files: readonly BuiltFile[];
}

/** A finished build in the cache. */
export interface NativeBuild {
  /** Absolute, links resolved. */
  readonly folder: string;
  readonly manifest: NativeManifest;
}

/**
 * Finds a finished build; `undefined` if there is none.
 *
 * @param cacheDirectory - see {@link nativeCacheDirectory}.
 * @throws Error if there is one that is damaged: an unreadable manifest, or a file missing.
 */
export function findNativeBuild(cacheDirectory: string, gpu: boolean): NativeBuild | undefined {
  const path = join(cacheDirectory, nativeBuildName(gpu));
  const manifestPath = join(path, 'manifest.json');
  if (!existsSync(manifestPath)) return undefined;
  const folder = realpathSync(path);
  const manifest = JSON.parse(readFileSync(manifestPath, 'utf8')) as NativeManifest;
  const missing = manifest.files.find((file) => !existsSync(join(folder, file.path)));
  if (missing) throw new Error(`${join(folder, missing.path)} is missing`);
  return { folder, manifest };
}
