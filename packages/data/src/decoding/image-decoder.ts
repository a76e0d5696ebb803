import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { DmnnError } from '@dmnn/foundation';
import { DataError } from '../data-error.js';
import { type DecodedRows, type DecodeRequest, decodeRows } from './decode-rows.js';
import type { DecodeAnswer, DecodeFailure, DecodeOrder } from './decode-worker.js';
import { decodingError } from './decoding-error.js';
import { imageLibraryError } from './image-library-error.js';

/** Options of `ImageDecoder`. They do not change any pixel. */
export interface ImageDecoderOptions {
  /**
   * Number of decoding threads; 0 decodes on the calling thread. Default: the number of cores minus one, at least
   * one.
   */
  readonly workers?: number | undefined;
  /** Node options for the threads. Default: those of the process. */
  readonly execArgv?: readonly string[] | undefined;
  /** The script that the threads run. Default: this package's worker. */
  readonly script?: URL | undefined;
}

interface Waiting {
  readonly files: readonly string[];
  readonly resolve: (rows: DecodedRows) => void;
  readonly reject: (error: Error) => void;
}

/** One thread and its pending requests. */
interface Member {
  readonly worker: Worker;
  readonly waiting: Map<number, Waiting>;
}

/**
 * Decodes images on worker threads, which start when they are first needed. They keep the process alive only while
 * there is something to decode. When one dies, pending and later `decode()` calls reject.
 *
 * @throws RangeError if `workers` is not an integer ≥ 0
 * @example
 * ```ts
 * import { ImageDecoder } from '@dmnn/data';
 *
 * const decoder = new ImageDecoder({ workers: 2 }); // share it between training and test data
 * console.log(decoder.workers); // => 2
 * await decoder.close();
 * ```
 */
export class ImageDecoder {
  /** Number of decoding threads; 0 means the calling thread. */
  readonly workers: number;
  readonly #options: ImageDecoderOptions;
  readonly #members: Member[] = [];
  #orders = 0;
  #broken: DmnnError | undefined;

  constructor(options: ImageDecoderOptions = {}) {
    const { workers = Math.max(1, availableParallelism() - 1) } = options;
    if (!Number.isInteger(workers) || workers < 0) {
      throw new RangeError(`workers: expected an integer ≥ 0 (threads), got ${workers}`);
    }
    this.workers = workers;
    this.#options = options;
  }

  /**
   * Starts the threads, which then compile their decoder, so that they are ready for the first images. Calling it is
   * optional; it saves time if there is other work to do before the first batch.
   */
  start(): void {
    if (this.#broken) return; // decode() rejects with it
    while (this.#members.length < this.workers) this.#members.push(this.#thread());
  }

  /**
   * Decodes the images of a request on the least busy thread.
   *
   * @internal `imageFileDataset` calls it.
   * @throws as `decodeRows`; DmnnError `DMNN_DECODING` if a thread has died.
   */
  async decode(request: DecodeRequest): Promise<DecodedRows> {
    if (this.workers === 0) return decodeRows(request);
    if (this.#broken) throw this.#broken;
    this.start();
    const member = this.#members.reduce((least, one) =>
      one.waiting.size < least.waiting.size ? one : least,
    );
    const id = this.#orders++;
    return new Promise((resolve, reject) => {
      const files = request.files.map(({ file }) => file);
      member.waiting.set(id, { files, resolve, reject });
      member.worker.ref();
      member.worker.postMessage({ id, request } satisfies DecodeOrder);
    });
  }

  /** Stops the threads; pending requests fail. The threads start again when needed. */
  async close(): Promise<void> {
    const members = this.#members.splice(0);
    for (const { waiting } of members) settle(waiting, decodingError('was closed', filesOf(waiting)));
    await Promise.all(members.map(({ worker }) => worker.terminate()));
  }

  #thread(): Member {
    const script = this.#options.script ?? new URL('./decode-worker.js', import.meta.url);
    const { execArgv } = this.#options;
    const worker = new Worker(script, execArgv ? { execArgv: [...execArgv] } : {});
    const member: Member = { worker, waiting: new Map() };
    worker.on('message', (answer: DecodeAnswer) => {
      const asked = member.waiting.get(answer.id);
      member.waiting.delete(answer.id);
      if (member.waiting.size === 0) worker.unref();
      if ('rows' in answer) asked?.resolve(answer.rows);
      else asked?.reject(errorOf(answer.failure, asked.files));
    });
    worker.on('error', (cause) => {
      this.#break(member, `has failed (${cause instanceof Error ? cause.message : String(cause)})`, cause);
    });
    worker.on('exit', (code) => {
      if (this.#members.includes(member)) this.#break(member, `has ended (exit code ${code})`);
    });
    worker.unref(); // only now: listening for messages keeps the process alive
    return member;
  }

  #break(dead: Member, what: string, cause?: unknown): void {
    this.#broken ??= decodingError(what, filesOf(dead.waiting), { cause });
    for (const { worker, waiting } of this.#members.splice(0)) {
      settle(waiting, this.#broken);
      void worker.terminate();
    }
  }
}

function filesOf(waiting: Member['waiting']): string[] {
  return [...waiting.values()].flatMap(({ files }) => files);
}

function settle(waiting: Member['waiting'], error: Error): void {
  for (const { reject } of waiting.values()) reject(error);
  waiting.clear();
}

function errorOf(failure: DecodeFailure, files: readonly string[]): Error {
  switch (failure.kind) {
    case 'data':
      return new DataError(failure.problem);
    case 'library':
      return imageLibraryError(failure.file);
    case 'range':
      return new RangeError(failure.message);
    case 'other':
      return decodingError(`has failed (${failure.message})`, files);
  }
}
