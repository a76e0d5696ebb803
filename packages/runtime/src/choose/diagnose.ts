import { createRequire } from 'node:module';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { dirname, join } from 'node:path';

import * as tf from '@tensorflow/tfjs-core';
import { buildRemedy, type BuildTool, findBuildTools, nativeCacheDirectory } from '@dmnn/native';

import type { BackendAttempt } from './backend-report.js';
import { checkNativeBuild } from '../install/check-native-build.js';
import { findNativeBuild, type FoundNativeBuild } from '../install/native-build.js';
import type { NativeManifest } from '../install/native-manifest.js';
import { operationsOf } from '../install/native-operations.js';
import { hasBackend, hasGradients } from '../backend/registered.js';
import { tensorLibraryCopies } from './tensor-library-copies.js';

/** The properties of this machine that decide which backends can run, and how fast. */
export interface DoctorReport {
  /** Version of Node, such as `v20.20.2`. */
  readonly node: string;
  /** Operating system and architecture, such as `linux x64`. */
  readonly platform: string;
  /** The processor's name, as reported by the system. */
  readonly processor: string;
  /** CPU cores that this process may use. */
  readonly cores: number;
  /** All memory of the machine, in bytes. */
  readonly memoryBytes: number;
  /** The tfjs-core that this program uses. */
  readonly tensorLibrary: {
    /** Its version. */
    readonly version: string;
    /** Folders of all copies of tfjs-core; more than one is a fault. */
    readonly copies: readonly string[];
    /** Whether gradients are registered, which importing `@tensorflow/tfjs` does. */
    readonly gradients: boolean;
  };
  /** Each backend, best first: whether it works here; if not, why, and a remedy. */
  readonly backends: readonly BackendAttempt[];
  /** The folder searched for native builds. */
  readonly cacheDirectory: string;
  /** The complete builds in it. */
  readonly builds: readonly NativeManifest[];
  /** The programs that `dmnn backend install` needs. */
  readonly tools: readonly BuildTool[];
}

function installedFolder(name: string): string | undefined {
  try {
    return dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
  } catch {
    return undefined;
  }
}

async function nativeAttempt(
  gpu: boolean,
  found: FoundNativeBuild,
  cacheDirectory: string,
): Promise<BackendAttempt> {
  const name = gpu ? 'native-gpu' : 'native';
  const packageName = gpu ? '@tensorflow/tfjs-node-gpu' : '@tensorflow/tfjs-node';
  const command = `dmnn backend install${gpu ? ' --gpu' : ''}`;
  const reasons: string[] = [];
  const places: { folder: string; scope: string; operations?: string | undefined }[] = [];
  const installed = installedFolder(packageName);
  if (installed !== undefined) places.push({ folder: installed, scope: installed });
  if (found.state === 'intact') {
    const { build } = found;
    const folder = join(build.folder, 'node_modules', packageName);
    places.push({ folder, scope: build.folder, operations: operationsOf(build) });
  } else if (found.state !== 'none') reasons.push(found.reason);
  else if (installed === undefined)
    reasons.push(`${packageName} is not installed, and no build in ${cacheDirectory}`);
  for (const { folder, scope, operations } of places) {
    try {
      const { usesGpu } = await checkNativeBuild(folder, scope, { operations });
      if (!gpu || usesGpu) return { name, works: true };
      reasons.push(`${folder}: TensorFlow sees no CUDA device`);
    } catch (error) {
      reasons.push(`${folder}: ${(error as Error).message}`);
    }
  }
  return { name, works: false, reason: reasons.join('; '), remedy: buildRemedy(found.state, command) };
}

function wasmAttempt(): BackendAttempt {
  return installedFolder('@tensorflow/tfjs-backend-wasm') === undefined
    ? {
        name: 'wasm',
        works: false,
        reason: '@tensorflow/tfjs-backend-wasm is not installed',
        remedy: 'npm install @tensorflow/tfjs-backend-wasm@4.22.0',
      }
    : { name: 'wasm', works: true };
}

function cpuAttempt(): BackendAttempt {
  return !hasBackend('cpu')
    ? {
        name: 'cpu',
        works: false,
        reason: 'tfjs-backend-cpu is not registered',
        remedy: "add import '@tensorflow/tfjs'; at the start of the program",
      }
    : { name: 'cpu', works: true };
}

/**
 * Reports which backends this machine can run, and why the others do not work. Changes nothing: native builds are tried in
 * separate processes, no backend is set, and no kernel is registered.
 *
 * @param options.cacheDirectory - the folder searched for builds; by default {@link nativeCacheDirectory}.
 * @example
 * ```ts
 * import '@tensorflow/tfjs';
 * import { diagnose } from '@dmnn/runtime';
 *
 * const report = await diagnose();
 * console.log(report.backends.map(({ name }) => name).join(' ')); // => native-gpu native wasm cpu
 * ```
 */
export async function diagnose(options: { cacheDirectory?: string | undefined } = {}): Promise<DoctorReport> {
  const { cacheDirectory = nativeCacheDirectory() } = options;
  const onGpu = findNativeBuild(cacheDirectory, true);
  const onCpu = findNativeBuild(cacheDirectory, false);
  const [nativeGpu, native, tools] = await Promise.all([
    nativeAttempt(true, onGpu, cacheDirectory),
    nativeAttempt(false, onCpu, cacheDirectory),
    findBuildTools(),
  ]);
  const builds = [onCpu, onGpu].flatMap((found) => (found.state === 'intact' ? found.build.manifest : []));
  return {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    tensorLibrary: {
      version: tf.version_core,
      copies: tensorLibraryCopies(),
      gradients: hasGradients(),
    },
    backends: [nativeGpu, native, wasmAttempt(), cpuAttempt()],
    cacheDirectory,
    builds,
    tools,
  };
}
