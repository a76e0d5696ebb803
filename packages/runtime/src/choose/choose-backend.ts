import { availableParallelism } from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import { nativeCacheDirectory } from '@dmnn/native';
import { backendError } from '../backend/backend-error.js';
import type { BackendAttempt, BackendName, BackendReport } from './backend-report.js';
import { guardWasmMemory } from '../backend/wasm-memory.js';
import { hasGradients, hasBackend } from '../backend/registered.js';
import { tensorLibraryCopies } from './tensor-library-copies.js';
import { loadNative } from './load-native.js';
import type { NativeBackend } from '../backend/native-backend.js';
import type { NativeOperations } from '../install/native-operations.js';
import { registerNativeKernels } from '../native-kernels/register-native-kernels.js';
import { registerWasmKernels } from '../wasm-kernels/register-wasm-kernels.js';
import { hasAddressesForWasm, shareWasmMemory } from '../wasm-kernels/wasm-module.js';
import type { WasmBackend } from '../backend/wasm-backend.js';
import { startWasmPool } from '../wasm-kernels/wasm-pool.js';

/** Options of {@link chooseBackend}. */
export interface ChooseBackendOptions {
  /** The first backend to try; those after it (`native-gpu`, `native`, `wasm`, `cpu`) are tried next. */
  readonly prefer?: BackendName | undefined;
  /** Where `installNativeBackend` puts builds. @defaultValue `nativeCacheDirectory()` */
  readonly cacheDirectory?: string | undefined;
  /** CPU threads of one operation; used only when the backend first starts. @defaultValue all cores */
  readonly threads?: number | undefined;
}

const order: readonly BackendName[] = ['native-gpu', 'native', 'wasm', 'cpu'];

/** @throws DmnnError `DMNN_BACKEND` if gradients are missing or there are several copies of tfjs-core. */
function checkTensorLibrary(): void {
  const copies = tensorLibraryCopies();
  if (copies.length > 1) {
    throw backendError(
      `@tensorflow/tfjs-core: expected one copy, got ${copies.length}: ${copies.join(', ')}. ` +
        'Install one version for all (npm dedupe, or an "overrides" entry for @tensorflow/tfjs-core).',
    );
  }
  if (!hasGradients()) {
    throw backendError(
      "gradients: expected those of tfjs-core to be registered, got none. Add import '@tensorflow/tfjs'; at the start of the program.",
    );
  }
}

/**
 * Starts the best backend that works on this machine, registers the kernels that it lacks, and reports why better ones do not work.
 *
 * For applications: it sets the global backend of tfjs-core. Nothing is printed, and a missing optional package is a
 * line of the report, never an exception.
 *
 * @throws DmnnError `DMNN_BACKEND` if gradients are not registered, if there are several copies of tfjs-core, or if nothing works.
 * @example
 * ```ts
 * import '@tensorflow/tfjs';
 * import { chooseBackend } from '@dmnn/runtime';
 *
 * const report = await chooseBackend({ prefer: 'wasm' });
 * console.log(report.chosen); // => wasm
 * ```
 */
export async function chooseBackend(options: ChooseBackendOptions = {}): Promise<BackendReport> {
  const { prefer = 'native-gpu', cacheDirectory, threads } = options;
  const start = order.indexOf(prefer);
  if (start < 0) throw new RangeError(`prefer: expected one of ${order.join(', ')}, got ${prefer}`);
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1)) {
    throw new RangeError(`threads: expected an integer >= 1, got ${threads}`);
  }
  checkTensorLibrary();
  const tried: BackendAttempt[] = [];
  for (const name of order.slice(start)) {
    const started = await tryOne(name, cacheDirectory, threads);
    const { works, reason, remedy } = started;
    tried.push({
      name,
      works,
      ...(reason === undefined ? {} : { reason }),
      ...(remedy === undefined ? {} : { remedy }),
    });
    if (!started.works) continue;
    return {
      chosen: name,
      version: started.version,
      ...(started.threads === undefined ? {} : { threads: started.threads }),
      tried,
      warnings: started.warnings,
    };
  }
  const list = tried.map((attempt) => `${attempt.name}: ${attempt.reason ?? 'unknown'}`).join('; ');
  throw backendError(`backend: expected one of ${order.join(', ')} to work, got none (${list}).`);
}

async function tryOne(
  name: BackendName,
  cacheDirectory: string | undefined,
  threads: number | undefined,
): Promise<StartedBackend> {
  switch (name) {
    case 'native-gpu':
    case 'native':
      return tryNative({
        gpu: name === 'native-gpu',
        cacheDirectory: cacheDirectory ?? nativeCacheDirectory(),
        threads,
      });
    case 'wasm':
      return tryWasm({ threads });
    case 'cpu':
      return tryCpu();
  }
}

/** Outcome of starting one backend. */
type StartedBackend =
  | {
      readonly works: true;
      readonly version: string;
      readonly threads?: number;
      readonly warnings: readonly string[];
      readonly reason?: undefined;
      readonly remedy?: undefined;
    }
  | { readonly works: false; readonly reason: string; readonly remedy: string };

/** The native backend of tfjs-node or tfjs-node-gpu, which share the backend name `tensorflow`. */
async function tryNative(options: {
  gpu: boolean;
  cacheDirectory: string;
  threads: number | undefined;
}): Promise<StartedBackend> {
  const { gpu, cacheDirectory, threads } = options;
  let warnings: readonly string[] = [];
  let operations: NativeOperations | undefined;
  if (!hasBackend('tensorflow')) {
    // libtensorflow reads it once, when its first operation runs
    if (threads !== undefined) process.env['TF_NUM_INTRAOP_THREADS'] = String(threads);
    const load = loadNative({ gpu, cacheDirectory });
    if (!load.loaded) return { works: false, reason: load.reason, remedy: load.remedy };
    ({ warnings, operations } = load);
  }
  if (!(await tf.setBackend('tensorflow'))) {
    return { works: false, reason: 'tfjs-node does not start', remedy: 'dmnn backend install --force' };
  }
  await tf.ready();
  const backend = tf.backend() as unknown as NativeBackend;
  if (gpu && !backend.isUsingGpuDevice) {
    return {
      works: false,
      reason: 'TensorFlow sees no CUDA device',
      remedy: 'check nvidia-smi and the CUDA libraries; the same package runs on the CPU meanwhile',
    };
  }
  registerNativeKernels({ operations });
  const used = Number(process.env['TF_NUM_INTRAOP_THREADS'] ?? 0) || availableParallelism();
  return {
    works: true,
    version: `tfjs-node ${tf.version_core} on TensorFlow ${backend.binding.TF_Version}`,
    threads: used,
    warnings,
  };
}

/** Removes the listeners that emscripten adds: they would print its source at every error. */
async function withoutNewListeners(start: () => Promise<boolean>): Promise<boolean> {
  const events = ['uncaughtException', 'unhandledRejection'] as const;
  const before = new Set<unknown>(events.flatMap((event) => process.listeners(event as 'uncaughtException')));
  const result = await start();
  for (const event of events) {
    for (const listener of process.listeners(event as 'uncaughtException')) {
      if (!before.has(listener)) process.removeListener(event, listener);
    }
  }
  return result;
}

/** With more threads, the parts of a usual batch are too small to be worth distributing. */
const MOST_USEFUL_THREADS = 16;

/** tfjs-backend-wasm, with our kernels on several threads. */
async function tryWasm(options: { threads: number | undefined }): Promise<StartedBackend> {
  const wasm = await import('@tensorflow/tfjs-backend-wasm').catch(() => undefined);
  if (!wasm) {
    return {
      works: false,
      reason: '@tensorflow/tfjs-backend-wasm is not installed',
      remedy: 'npm install @tensorflow/tfjs-backend-wasm@4.22.0',
    };
  }
  const isRunning = 'wasm' in tf.engine().registry;
  if (!isRunning && !hasAddressesForWasm()) {
    return {
      works: false,
      reason: 'the process may not have the addresses that WebAssembly reserves, about 10 GB for each memory',
      remedy: 'raise the limit: ulimit -v unlimited',
    };
  }
  if (!isRunning) shareWasmMemory(wasm.setWasmPaths);
  const starts = hasBackend('wasm');
  if (!starts || !(await withoutNewListeners(() => tf.setBackend('wasm')))) {
    return { works: false, reason: 'WebAssembly does not start', remedy: 'use Node 20.19 or later' };
  }
  await tf.ready();
  guardWasmMemory(tf.backend() as WasmBackend);
  const pool = startWasmPool(
    tf.backend() as WasmBackend,
    options.threads ?? Math.min(availableParallelism(), MOST_USEFUL_THREADS),
  );
  registerWasmKernels();
  return {
    works: true,
    version: `tfjs-backend-wasm ${wasm.version_wasm}`,
    threads: pool.threads,
    warnings: [],
  };
}

/** tfjs-backend-cpu: plain JavaScript, for tests and the smallest networks. */
async function tryCpu(): Promise<StartedBackend> {
  if (!hasBackend('cpu') || !(await tf.setBackend('cpu'))) {
    return {
      works: false,
      reason: 'tfjs-backend-cpu is not registered',
      remedy: "add import '@tensorflow/tfjs'; at the start of the program",
    };
  }
  await tf.ready();
  // it would greet on stderr at its first operation
  (tf.backend() as unknown as { firstUse: boolean }).firstUse = false;
  return { works: true, version: `tfjs-backend-cpu ${tf.version_core}`, threads: 1, warnings: [] };
}
