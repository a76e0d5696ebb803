import type { Inference } from '@dmnn/architecture';
import type { FileDescription } from '../file-description.js';
import { assertLanes } from './cpu-lanes.js';
import { ImageQueue } from './image-queue.js';
import { type RunOptions, inferenceOf, preparedImage } from './inference.js';
import { localRunner } from './local-runner.js';
import { readDescription } from './read-description.js';
import { sessionError } from './session-error.js';
import type { EngineOptions, OnnxRuntime } from './engine.js';

/** Options of `DynamicSession.create` in a browser. */
export interface BrowserSessionOptions {
  /** The `onnxruntime-web` module as a whole. */
  readonly runtime: OnnxRuntime;
  /** Threads that share the work of one image. @defaultValue ONNX Runtime's choice */
  readonly threads?: number | undefined;
  /** Further options of `InferenceSession.create`, such as `executionProviders`. */
  readonly engineOptions?: EngineOptions | undefined;
}

/**
 * Runs a file of `exportOnnx` in a browser, one image at a time. Unlike `DynamicSession` in Node, it takes no paths and
 * has no workers.
 */
export class DynamicSession {
  /** The file's description of itself: image size, classes, sub-blocks, costs. */
  readonly description: FileDescription;
  readonly #queue: ImageQueue;

  private constructor(description: FileDescription, queue: ImageQueue) {
    this.description = description;
    this.#queue = queue;
  }

  /**
   * Creates a session for a file.
   *
   * @param file - the bytes of the file
   * @param options - `runtime` is required, since browsers have no built-in one
   * @throws DmnnError `DMNN_SESSION` if `runtime` is missing or cannot open the file
   */
  static async create(file: Uint8Array, options: BrowserSessionOptions): Promise<DynamicSession> {
    // JavaScript callers, and callers with the types of the Node entry, can omit them
    const { runtime, threads, engineOptions } = (options as Partial<BrowserSessionOptions> | undefined) ?? {};
    if (!runtime) {
      throw sessionError(
        'runtime: expected onnxruntime-web, got nothing',
        "Pass it: import * as ort from 'onnxruntime-web', then DynamicSession.create(bytes, { runtime: ort }).",
      );
    }
    if (!(file instanceof Uint8Array)) {
      throw sessionError(
        'file: expected a Uint8Array, got something else',
        'Fetch the file: browsers cannot open paths.',
      );
    }
    const description = readDescription(file);
    await assertLanes(runtime, description);
    const settings =
      threads === undefined ? (engineOptions ?? {}) : { intraOpNumThreads: threads, ...engineOptions };
    return new DynamicSession(
      description,
      new ImageQueue([await localRunner(runtime, file, description, settings)]),
    );
  }

  /** Runs one image; see `DynamicSession.run` of Node. */
  async run(image: Float32Array, options: RunOptions = {}): Promise<Inference> {
    const outputs = await this.#queue.run(preparedImage(image, options, this.description));
    return inferenceOf(outputs, this.description);
  }

  /** Frees the engine. Calls that are not done are rejected. */
  async close(): Promise<void> {
    await this.#queue.close();
  }
}
