import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { parseJson } from '@dmnn/foundation';
import { nativeBuildName } from './native-cache.js';

/** One file of a build, as of the check of the build. */
export interface BuiltFile {
  /** Relative to the build's folder. */
  readonly path: string;
  /** Its size. */
  readonly bytes: number;
  /** SHA-256 in hexadecimal. */
  readonly sha256: string;
}

/** `manifest.json` of a finished build. It is written last, so a folder that has one is complete. */
export interface NativeManifest {
  /** Version of this format. */
  readonly format: 1;
  /** The npm package that was built. */
  readonly packageName: '@tensorflow/tfjs-node' | '@tensorflow/tfjs-node-gpu';
  /** Its version. */
  readonly packageVersion: string;
  /** The version that the linked TensorFlow reports. */
  readonly tensorflowVersion: string;
  /** Where libtensorflow came from: a wheel's file name, or the path of a folder. */
  readonly source: string;
  /** `process.platform` of the machine that it was built on; it runs only there. */
  readonly platform: string;
  /** `process.arch` of that machine. */
  readonly arch: string;
  /** The version of Node-API that the binding needs. */
  readonly napiVersion: number;
  /** The binding and the libraries, relative to the build's folder. */
  readonly files: readonly BuiltFile[];
}

/** A finished build in the cache. */
export interface NativeBuild {
  /** Absolute, links resolved. */
  readonly folder: string;
  /** Its contents and origin. */
  readonly manifest: NativeManifest;
}

/**
 * Finds a finished build; `undefined` if there is none.
 *
 * @param cacheDirectory - see {@link nativeCacheDirectory}.
 * @throws Error if the build is damaged: an unreadable manifest, or a missing file.
 */
export function findNativeBuild(cacheDirectory: string, gpu: boolean): NativeBuild | undefined {
  const path = join(cacheDirectory, nativeBuildName(gpu));
  const manifestPath = join(path, 'manifest.json');
  if (!existsSync(manifestPath)) return undefined;
  const folder = realpathSync(path);
  const manifest = parseJson(readFileSync(manifestPath), { what: manifestPath }) as NativeManifest;
  const missing = manifest.files.find((file) => !existsSync(join(folder, file.path)));
  if (missing) throw new Error(`${join(folder, missing.path)} is missing`);
  return { folder, manifest };
}
