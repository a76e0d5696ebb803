import { Worker } from 'node:worker_threads';
import { closeAfterSync } from '@dmnn/foundation';

import { backendError } from '../backend/backend-error.js';
import { takeWasmBlock } from '../backend/wasm-memory.js';
import type { WasmBackend } from '../backend/wasm-backend.js';
import {
  compileWasmKernels,
  instantiateWasmKernels,
  type ScratchFunction,
  type WasmFunctions,
  type WorkFunction,
} from './wasm-module.js';

/** Indices in the memory that controls the threads, in 32-bit words. */
const control = {
  /** Generation << 16 | number of jobs << 8 | next job: claimed by compare-and-exchange. */
  state: 0,
  /** Jobs of this generation that are done. */
  done: 1,
  /** Index of the function. */
  operation: 2,
  /** Which argument is scratch memory, or −1; each thread adds its own share. */
  scratchArgument: 3,
  /** Bytes of scratch memory for each thread. */
  scratchBytes: 4,
  /** Set by a thread whose job failed. */
  failed: 5,
  words: 8,
  /** Numbers per job, at most. */
  argumentsPerJob: 24,
  /** Jobs per generation, at most. */
  maxJobs: 64,
} as const;

/** The next job of the current generation; −1 if all are claimed. */
function claimJob(words: Int32Array): number {
  for (;;) {
    const state = Atomics.load(words, control.state);
    const next = state & 255;
    if (next >= ((state >> 8) & 255)) return -1;
    if (Atomics.compareExchange(words, control.state, state, state + 1) === state) return next;
  }
}

/**
 * The program of a thread, as text, because in tests Node cannot run a package's TypeScript sources: it claims jobs like
 * {@link claimJob}, and sleeps until the state changes when there are none.
 */
function wasmWorkerSource(): string {
  return `
const { module, memory, shared, names, index } = require('node:worker_threads').workerData;
const { exports } = new WebAssembly.Instance(module, { env: { memory } });
const words = new Int32Array(shared, 0, ${control.words});
const numbers = new Float64Array(shared, ${control.words * 4});
for (;;) {
  const state = Atomics.load(words, ${control.state});
  const next = state & 255;
  if (next >= ((state >> 8) & 255)) {
    Atomics.wait(words, ${control.state}, state);
    continue;
  }
  if (Atomics.compareExchange(words, ${control.state}, state, state + 1) !== state) continue;
  const start = next * ${control.argumentsPerJob};
  const args = numbers.slice(start, start + ${control.argumentsPerJob});
  const at = words[${control.scratchArgument}];
  if (at >= 0) args[at] += index * (words[${control.scratchBytes}] >>> 0);
  try {
    exports[names[words[${control.operation}]]](...args);
  } catch {
    Atomics.store(words, ${control.failed}, 1);
  }
  Atomics.add(words, ${control.done}, 1);
  Atomics.notify(words, ${control.done});
}
`;
}

/** Where a function takes its scratch memory, and how much. */
export interface Scratch {
  /** Index among its arguments; the job has 0 there. */
  readonly argument: number;
  readonly bytes: number;
}

/** Runs our kernels in the memory of one wasm backend, on the main thread and its worker threads. */
export class WasmPool {
  /** Threads that work on one call, the main one included. */
  readonly threads: number;
  readonly #backend: WasmBackend;
  readonly #functions: WasmFunctions;
  readonly #names: readonly string[];
  readonly #words: Int32Array;
  readonly #numbers: Float64Array;

  constructor(backend: WasmBackend, threads: number) {
    const memory = backend.wasm.asm.memory as { readonly buffer: ArrayBuffer | SharedArrayBuffer };
    const isShared = memory.buffer instanceof SharedArrayBuffer;
    const module = compileWasmKernels(isShared);
    this.threads = isShared ? threads : 1;
    this.#backend = backend;
    this.#functions = instantiateWasmKernels(module, memory);
    this.#names = Object.keys(this.#functions);
    const { words, argumentsPerJob, maxJobs } = control;
    const shared = new SharedArrayBuffer(words * 4 + argumentsPerJob * maxJobs * 8);
    this.#words = new Int32Array(shared, 0, words);
    this.#numbers = new Float64Array(shared, words * 4);
    for (let index = 1; index < this.threads; index++) {
      const worker = new Worker(wasmWorkerSource(), {
        eval: true,
        execArgv: [],
        workerData: { module, memory, shared, names: this.#names, index },
      });
      // the others take over its share; an error without a listener would end the program
      worker.on('error', () => undefined);
      worker.unref(); // it sleeps or works for the main thread: the program does not wait for it
    }
  }

  /** The scratch memory that a function needs, in bytes. */
  scratch(name: ScratchFunction, sizes: readonly number[]): number {
    return this.#functions[name](...sizes);
  }

  /**
   * Calls one function for each list of arguments, in any order and on any thread.
   *
   * @throws DmnnError `DMNN_BACKEND` if a job fails or there is no room for scratch memory.
   */
  run(name: WorkFunction, jobs: readonly (readonly number[])[], scratch?: Scratch): void {
    if (scratch === undefined) {
      this.#runAll(name, jobs, -1, 0, 0);
      return;
    }
    const own = 64 * Math.ceil((scratch.bytes >>> 0) / 64); // threads keep out of each other's cache lines
    const used = Math.min(this.threads, jobs.length);
    // any thread may take a job, so each has its share
    const total = used > 1 ? own * this.threads : own;
    const address = takeWasmBlock(this.#backend, total, `${total} bytes`);
    closeAfterSync(
      () => {
        this.#runAll(name, jobs, scratch.argument, address, own);
      },
      () => {
        this.#backend.wasm._free(address);
      },
    );
  }

  #runAll(
    name: WorkFunction,
    jobs: readonly (readonly number[])[],
    at: number,
    address: number,
    own: number,
  ): void {
    const call = this.#functions[name];
    if (this.threads === 1 || jobs.length === 1 || jobs.length > control.maxJobs) {
      for (const job of jobs) call(...job.map((value, i) => (i === at ? address : value)));
      return;
    }
    const words = this.#words;
    const stride = control.argumentsPerJob;
    for (const [i, job] of jobs.entries()) {
      this.#numbers.set(job, i * stride);
      if (at >= 0) this.#numbers[i * stride + at] = address;
    }
    words[control.operation] = this.#names.indexOf(name);
    words[control.scratchArgument] = at;
    words[control.scratchBytes] = own;
    Atomics.store(words, control.done, 0);
    const generation = (Atomics.load(words, control.state) >>> 16) + 1;
    Atomics.store(words, control.state, ((generation & 0xffff) << 16) | (jobs.length << 8));
    Atomics.notify(words, control.state);
    for (let i = claimJob(words); i >= 0; i = claimJob(words)) {
      try {
        call(...this.#numbers.subarray(i * stride, i * stride + stride));
      } catch {
        Atomics.store(words, control.failed, 1); // thrown below, once no thread works on this call
      }
      Atomics.add(words, control.done, 1);
    }
    for (;;) {
      const done = Atomics.load(words, control.done);
      if (done === jobs.length) break;
      Atomics.wait(words, control.done, done);
    }
    if (Atomics.exchange(words, control.failed, 0) !== 0)
      throw backendError(`wasm: ${name} failed on a thread.`);
  }
}

const pools = new WeakMap<object, WasmPool>();

/** Starts the threads for a backend's kernels. Only the first call for a backend has an effect. */
export function startWasmPool(backend: WasmBackend, threads: number): WasmPool {
  const known = pools.get(backend.wasm);
  if (known) return known;
  const pool = new WasmPool(backend, threads);
  pools.set(backend.wasm, pool);
  return pool;
}

/** The pool of a backend; of one thread if none was started. */
export function wasmPool(backend: WasmBackend): WasmPool {
  return startWasmPool(backend, 1);
}

/** Neighbouring images of a batch. */
export interface ImageRun {
  readonly first: number;
  readonly images: number;
}

/** Splits a batch into `parts` runs of images, as equal as possible. */
export function runsOf(batch: number, parts: number): ImageRun[] {
  return Array.from({ length: parts }, (_, p) => {
    const first = Math.floor((p * batch) / parts);
    return { first, images: Math.floor(((p + 1) * batch) / parts) - first };
  });
}

/** Splits a batch so that all threads get some images, and none waits long for the slowest. */
export function runsForThreads(batch: number, pool: WasmPool): ImageRun[] {
  return runsOf(batch, pool.threads === 1 ? 1 : Math.min(batch, 4 * pool.threads, 64));
}
