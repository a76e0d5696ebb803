import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { FileDescription } from '../file-description.js';
import type { EngineOptions, ImageRunner, OnnxRuntime } from './engine.js';
import { ImageQueue } from './image-queue.js';
import { type Inference, type RunOptions, inferenceOf, preparedImage } from './inference.js';
import { localRunner } from './local-runner.js';
import { readDescription } from './read-description.js';
import { SessionError } from './session-error.js';
import { workerRunner } from './worker-runner.js';

/** Settings of `DynamicSession.create`. */
export interface DynamicSessionOptions {
  /**
   * Threads that each run images of their own: as many as there are cores give the best throughput. 1 runs in this
   * thread. Only in Node.
   *
   * @defaultValue 1
   */
  readonly workers?: number;
  /** Threads that share the work of one image. @defaultValue 1 with several workers, otherwise ONNX Runtime's choice */
  readonly threads?: number;
  /** `onnxruntime-node` or `onnxruntime-web`. Required in a browser. @defaultValue `onnxruntime-node` in Node */
  readonly runtime?: OnnxRuntime;
  /** Further options of `InferenceSession.create`, such as `executionProviders`. */
  readonly engineOptions?: EngineOptions;
}

export class DynamicSession {
  /** What the file says about itself: image size, classes, sub-blocks, costs. */
  readonly description: FileDescription;
  readonly #queue: ImageQueue;

  private constructor(description: FileDescription, queue: ImageQueue) {
    this.description = description;
    this.#queue = queue;
  }

  static async create(
    source: Uint8Array | string | URL,
    options: DynamicSessionOptions = {},
  ): Promise<DynamicSession> {
    const { workers = 1, threads } = checked(options);
    const file = source instanceof Uint8Array ? source : await contents(source);
    const description = readDescription(file);
    const engineOptions = {
      ...(threads !== undefined || workers > 1
        ? { intraOpNumThreads: threads ?? 1, interOpNumThreads: 1 }
        : {}),
      ...options.engineOptions,
    };
    const module = engineModule(options.runtime);
    let runners: ImageRunner[];
    if (workers === 1) {
      const runtime = options.runtime ?? (createRequire(import.meta.url)(module as string) as OnnxRuntime);
      runners = [await localRunner(runtime, file, description, engineOptions)];
    } else {
      const shared = sharedCopy(file);
      runners = await Promise.all(
        Array.from({ length: workers }, () =>
          workerRunner(module as string, shared, description, engineOptions),
        ),
      );
    }
    return new DynamicSession(description, new ImageQueue(runners));
  }

  async run(image: Float32Array, options: RunOptions = {}): Promise<Inference> {
    const outputs = await this.#queue.run(preparedImage(image, options, this.description));
    return inferenceOf(outputs, this.description);
  }

  /** Frees the engine and ends the workers. Images that wait are refused. */
  async close(): Promise<void> {
    await this.#queue.close();
  }
}

function checked(options: DynamicSessionOptions): DynamicSessionOptions {
  const keys = ['workers', 'threads', 'runtime', 'engineOptions'];
  const unknown = Object.keys(options).find((key) => !keys.includes(key));
  if (unknown !== undefined) {
    throw new SessionError(`options: expected ${keys.join(', ')}, got '${unknown}'`, 'Leave it out.');
  }
  for (const key of ['workers', 'threads'] as const) {
    const value = options[key];
    if (value !== undefined && (!Number.isSafeInteger(value) || value < 1)) {
      throw new SessionError(
        `${key}: expected a whole number from 1, got ${String(value)}`,
        'Leave it out for the default.',
      );
    }
  }
  if (options.runtime && (options.workers ?? 1) > 1) {
    throw new SessionError(
      'workers: expected 1 with a runtime that is handed in',
      'Workers load onnxruntime-node themselves.',
    );
  }
  return options;
}

async function contents(path: string | URL): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new SessionError(
      `file: cannot read ${String(path)}: ${(cause as Error).message}`,
      'Check the path.',
      { cause },
    );
  }
}

/** Where onnxruntime-node lies; undefined if another runtime was handed in. */
function engineModule(runtime: OnnxRuntime | undefined): string | undefined {
  if (runtime) return undefined;
  try {
    return createRequire(import.meta.url).resolve('onnxruntime-node');
  } catch (cause) {
    throw new SessionError('onnxruntime-node is not installed', 'Run: npm install onnxruntime-node', {
      cause,
    });
  }
}

function sharedCopy(file: Uint8Array): Uint8Array {
  const shared = new Uint8Array(new SharedArrayBuffer(file.length));
  shared.set(file);
  return shared;
}
