import { backendError } from '../backend/backend-error.js';
import type { BackendAttempt, BackendName, BackendReport } from './backend-report.js';
import { nativeCacheDirectory } from '../install/native-cache.js';
import { hasGradients } from '../backend/registered.js';
import { tensorLibraryCopies } from './tensor-library-copies.js';
import { tryCpu, tryNative, tryWasm, type StartedBackend } from './try-backend.js';

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
