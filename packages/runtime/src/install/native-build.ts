import { join } from 'node:path';
import { type BuildKind, findBuild, type FoundBuild } from '@dmnn/native';
import { nativeBuildName } from './native-build-name.js';
import { MANIFEST_FORMAT, type NativeManifest } from './native-manifest.js';
import { isOtherOperations } from './native-operations.js';

/** The outcome of looking for a build of TensorFlow. */
export type FoundNativeBuild = FoundBuild<NativeManifest>;

const text = { what: 'text', is: (value: unknown) => typeof value === 'string' };

function kindOf(gpu: boolean): BuildKind<NativeManifest> {
  const name = gpu ? '@tensorflow/tfjs-node-gpu' : '@tensorflow/tfjs-node';
  return {
    format: MANIFEST_FORMAT,
    keys: {
      packageName: { what: name, is: (value) => value === name },
      ...{ packageVersion: text, tensorflowVersion: text, source: text },
    },
    isLoaded: ({ path }) => !isOtherOperations(path),
  };
}

/**
 * Finds a finished build of TensorFlow whose files are what they were when it was made.
 *
 * @param cacheDirectory - see {@link nativeCacheDirectory}.
 */
export function findNativeBuild(cacheDirectory: string, gpu: boolean): FoundNativeBuild {
  return findBuild(join(cacheDirectory, nativeBuildName(gpu)), kindOf(gpu));
}
