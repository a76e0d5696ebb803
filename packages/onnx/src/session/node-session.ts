import { fileURLToPath } from 'node:url';
import { readRegularFile, systemReason } from '@dmnn/foundation/node';
import { createRequire } from 'node:module';
import type { Inference } from '@dmnn/architecture';
import { errorInFile } from '@dmnn/foundation';
import type { FileDescription } from '../file-description.js';
import { blockedForm } from './blocked-form.js';
import { assertLanes, cpuLanes } from './cpu-lanes.js';
import type { EngineOptions, ImageRunner, OnnxRuntime } from './engine.js';
import { ImageQueue } from './image-queue.js';
import { type RunOptions, inferenceOf, preparedImage } from './inference.js';
import { localRunner } from './local-runner.js';
import { readDescription } from './read-description.js';
import { sessionError } from './session-error.js';
import { workerRunner } from './worker-runner.js';

/** Options of `DynamicSession.create`. */
export interface DynamicSessionOptions {
  /**
   * Number of worker threads, each running one image at a time; one per core gives the best throughput. 1 runs in the
   * calling thread. Only in Node.
   *
   * @defaultValue 1
   */
  readonly workers?: number | undefined;
  /** Threads that share the work of one image. @defaultValue 1 with several workers, otherwise ONNX Runtime's choice */
  readonly threads?: number | undefined;
  /**
   * How a file that `exportOnnx` wrote for any processor runs on this one.
   *
   * - `'fastest'`: in the blocked layout of this processor's lanes, where it has one and the file has gates. The file is
   *   written again in memory when it is opened; {@link DynamicSession.form} says whether it was, and why not. The
   *   results are the same up to rounding.
   * - `'as-written'`: as the file is.
   *
   * @defaultValue 'fastest'
   */
  readonly form?: 'fastest' | 'as-written' | undefined;
  /** `onnxruntime-node` or `onnxruntime-web`. Required in a browser. @defaultValue `onnxruntime-node` in Node */
  readonly runtime?: OnnxRuntime | undefined;
  /** Further options of `InferenceSession.create`, such as `executionProviders`. */
  readonly engineOptions?: EngineOptions | undefined;
}

/** The form in which a session runs its file: written again for so many lanes, or as it is, and why. */
export type SessionForm = { readonly cpuLanes: 8 | 16 } | { readonly asWrittenBecause: string };

/**
 * Runs a file of {@link exportOnnx} in ONNX Runtime, one image at a time, or several at once in a pool of workers.
 *
 * In a browser the class takes no paths, has no workers and requires `onnxruntime-web` as `runtime`.
 *
 * @example
 * ```ts
 * import { createArchitecture } from '@dmnn/backbones';
 * import { DynamicSession, exportOnnx } from '@dmnn/onnx';
 * import { initialWeights } from '@dmnn/weights';
 *
 * const architecture = createArchitecture('dmnn-cifar-resnet8-n2');
 * const file = exportOnnx({ architecture, weights: initialWeights(architecture, { seed: 1 }) });
 * const session = await DynamicSession.create(file, { workers: 2 });
 * const images = [0, 0.5, 1].map((grey) => new Float32Array(32 * 32 * 3).fill(grey));
 * const results = await Promise.all(images.map((image) => session.run(image)));
 * console.log(results.length, results[0]?.gates.length); // => 3 3
 * await session.close();
 * ```
 */
export class DynamicSession {
  /** The file's description of itself: image size, classes, sub-blocks, costs. */
  readonly description: FileDescription;
  /** The form in which the file runs. */
  readonly form: SessionForm;
  readonly #queue: ImageQueue;

  private constructor(description: FileDescription, form: SessionForm, queue: ImageQueue) {
    this.description = description;
    this.form = form;
    this.#queue = queue;
  }

  /**
   * Creates a session for a file.
   *
   * @param source - the bytes of the file, or its path or URL
   * @throws DmnnError `DMNN_SESSION` if the file was not written by `exportOnnx`, cannot be read or opened, or was
   * written for other processors (`cpuLanes`); if an option is invalid, or `onnxruntime-node` is not installed
   */
  static async create(
    source: Uint8Array | string | URL,
    options: DynamicSessionOptions = {},
  ): Promise<DynamicSession> {
    try {
      return await DynamicSession.#open(source, options);
    } catch (error) {
      // errors about options stay those of the options
      const isAboutFile = error instanceof Error && error.message.startsWith('file: ');
      throw isAboutFile && !(source instanceof Uint8Array)
        ? errorInFile(error, String(source), 'file')
        : error;
    }
  }

  static async #open(
    source: Uint8Array | string | URL,
    options: DynamicSessionOptions,
  ): Promise<DynamicSession> {
    const { workers = 1, threads } = checked(options);
    const given = source instanceof Uint8Array ? source : await contents(source);
    const description = readDescription(given);
    const isThreadCountFixed = threads !== undefined || workers > 1;
    const threadOptions = isThreadCountFixed
      ? { intraOpNumThreads: threads ?? 1, interOpNumThreads: 1 }
      : undefined;
    const engineOptions = { ...threadOptions, ...options.engineOptions };
    const module = options.runtime ? '' : engineModule();
    const runtime = options.runtime ?? (createRequire(import.meta.url)(module) as OnnxRuntime);
    await assertLanes(runtime, description);
    const { file, form } = await inForm(given, description, runtime, options);
    const shared = workers > 1 ? sharedCopy(file) : undefined;
    const open = shared && (() => workerRunner(module, shared, description, engineOptions));
    const runners = open
      ? Array.from({ length: workers }, open)
      : [localRunner(runtime, file, description, engineOptions)];
    return new DynamicSession(description, form, new ImageQueue(await allOrNone(runners), open));
  }

  /**
   * Runs one image. Calls may overlap: each waits for a free worker, in order. A worker that ends is replaced; only the
   * image that it had is lost.
   *
   * @param image - normalised as for training, `[H, W, C]` unless `layout` is `'chw'`; not modified
   * @throws DmnnError `DMNN_SESSION` if the image has the wrong length or a number that is not finite, the engine
   * or the image's worker fails, or the session is closed before the image is done
   */
  async run(image: Float32Array, options: RunOptions = {}): Promise<Inference> {
    const outputs = await this.#queue.run(preparedImage(image, options, this.description));
    return inferenceOf(outputs, this.description);
  }

  /** Frees the engine and stops the workers. Calls that are not done are rejected. */
  async close(): Promise<void> {
    await this.#queue.close();
  }
}

function checked(options: DynamicSessionOptions): DynamicSessionOptions {
  const keys = ['workers', 'threads', 'form', 'runtime', 'engineOptions'];
  const unknown = Object.keys(options).find((key) => !keys.includes(key));
  if (unknown !== undefined) {
    throw sessionError(`options: expected ${keys.join(', ')}, got '${unknown}'`, 'Leave it out.');
  }
  for (const key of ['workers', 'threads'] as const) {
    const value = options[key];
    if (value !== undefined && (!Number.isSafeInteger(value) || value < 1)) {
      throw sessionError(
        `${key}: expected a whole number from 1, got ${String(value)}`,
        'Leave it out for the default.',
      );
    }
  }
  if (options.form !== undefined && !forms.includes(options.form)) {
    throw sessionError(
      `form: expected 'fastest' or 'as-written', got ${options.form}`,
      'Leave it out for the default.',
    );
  }
  if (options.runtime && (options.workers ?? 1) > 1) {
    throw sessionError(
      `workers: expected 1 with a custom runtime, got ${options.workers}`,
      'Workers load onnxruntime-node themselves.',
    );
  }
  return options;
}

const forms: readonly string[] = ['fastest', 'as-written'];

/** The file in the form that is asked for. */
async function inForm(
  file: Uint8Array,
  description: FileDescription,
  runtime: OnnxRuntime,
  { form, engineOptions }: DynamicSessionOptions,
): Promise<{ file: Uint8Array; form: SessionForm }> {
  const asWritten = (because: string) => ({ file, form: { asWrittenBecause: because } });
  if (form === 'as-written') return asWritten("the option form is 'as-written'");
  const providers = engineOptions?.['executionProviders'];
  if (providers !== undefined && JSON.stringify(providers) !== '["cpu"]')
    return asWritten('the option executionProviders names other engines than the one for CPUs');
  const lanes = await cpuLanes(runtime);
  if (lanes === undefined) return asWritten('ONNX Runtime has no blocked layout here');
  const blocked = blockedForm(file, description, lanes);
  if ('because' in blocked) return asWritten(blocked.because);
  return { file: blocked.file, form: { cpuLanes: lanes } };
}

async function contents(path: string | URL): Promise<Uint8Array> {
  try {
    return await readRegularFile(typeof path === 'string' ? path : fileURLToPath(path));
  } catch (cause) {
    const got = systemReason(cause);
    throw sessionError(`file: expected a file that can be read, got ${got}`, 'Check the path.', { cause });
  }
}

/** Resolves the path of onnxruntime-node. */
function engineModule(): string {
  try {
    return createRequire(import.meta.url).resolve('onnxruntime-node');
  } catch (cause) {
    throw sessionError('onnxruntime-node is not installed', 'Run: npm install onnxruntime-node', {
      cause,
    });
  }
}

/** Resolves to all runners, or releases those that opened and throws the first failure. */
async function allOrNone(opening: readonly Promise<ImageRunner>[]): Promise<ImageRunner[]> {
  const settled = await Promise.allSettled(opening);
  const runners = settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const failure = settled.find((each) => each.status === 'rejected');
  if (!failure) return runners;
  await Promise.all(runners.map((runner) => runner.release()));
  throw failure.reason;
}

function sharedCopy(file: Uint8Array): Uint8Array {
  const shared = new Uint8Array(new SharedArrayBuffer(file.length));
  shared.set(file);
  return shared;
}
