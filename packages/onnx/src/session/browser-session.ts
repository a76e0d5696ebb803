import type { FileDescription } from '../file-description.js';
import { assertLanes } from './cpu-lanes.js';
import { ImageQueue } from './image-queue.js';
import { type Inference, type RunOptions, inferenceOf, preparedImage } from './inference.js';
import { localRunner } from './local-runner.js';
import { readDescription } from './read-description.js';
import { sessionError } from './session-error.js';
import type { EngineOptions, OnnxRuntime } from './engine.js';

/** Settings of `DynamicSession.create` in a browser. */
export interface BrowserSessionOptions {
  /** `onnxruntime-web`: the module as a whole. */
  readonly runtime: OnnxRuntime;
  /** Threads that share the work of one image. @defaultValue ONNX Runtime's choice */
  readonly threads?: number | undefined;
  /** Further options of `InferenceSession.create`, such as `executionProviders`. */
  readonly engineOptions?: EngineOptions | undefined;
}

/** Runs a file of `exportOnnx` in a browser, one image at a time: the `DynamicSession` of Node without workers and paths. */
export class DynamicSession {
  /** What the file says about itself: image size, classes, sub-blocks, costs. */
  readonly description: FileDescription;
  readonly #queue: ImageQueue;

  private constructor(description: FileDescription, queue: ImageQueue) {
    this.description = description;
    this.#queue = queue;
  }

  /**
   * Opens a file.
   *
   * @param file - its bytes
   * @param options - with the runtime, since a browser has none of its own
   * @throws DmnnError `DMNN_SESSION` if there is no runtime, or it cannot open the file
   */
  static async create(file: Uint8Array, options: BrowserSessionOptions): Promise<DynamicSession> {
    // in JavaScript, or by the types of the entry for Node, they can be missing
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
        'Fetch it: a browser has no paths.',
      );
    }
    const description = readDescription(file);
    await assertLanes(runtime, description);
    const settings = { ...(threads === undefined ? {} : { intraOpNumThreads: threads }), ...engineOptions };
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

  /** Frees the engine. Images that wait are refused. */
  async close(): Promise<void> {
    await this.#queue.close();
  }
}
