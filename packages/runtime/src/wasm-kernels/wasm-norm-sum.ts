import { closeAfterSync, closeIfFailsSync } from '@dmnn/foundation';
import type * as tf from '@tensorflow/tfjs-core';

import { backendError } from '../backend/backend-error.js';
import { addressOf, newOutput } from '../backend/wasm-memory.js';
import type { WasmBackend } from '../backend/wasm-backend.js';
import type { NormSumAttributes } from '../norm-sum-attributes.js';
import {
  CHANNELS,
  FIRST_PATH,
  GATES,
  GATE_COLUMNS,
  GATE_GRADIENT,
  HIGH,
  IMAGES,
  LOW,
  NORMALISED,
  PARTS,
  PATHS,
  PATH_COLUMN,
  PATH_MEAN,
  PATH_OFFSET,
  PATH_OFFSET_GRADIENT,
  PATH_SCALE,
  PATH_SCALE_GRADIENT,
  PATH_VARIANCE,
  PATH_WORDS,
  PATH_X,
  PATH_X_GRADIENT,
  PIXELS,
  POOLED,
  RESULT,
  SHORTCUT,
  SUMS,
  TERMS,
  TERM_ROWS,
  VIEWS,
} from './norm-sum-plan.js';
import type { WasmKernel } from './wasm-kernel.js';
import { type ImageRun, runsForThreads, wasmPool, type WasmPool } from './wasm-pool.js';

/** Forwards: inputs, attributes and outputs are those of the kernel of that name in `@dmnn/network`. */
export const wasmNormSum: WasmKernel = {
  kernelName: 'DmnnNormSum',
  kernelFunc: ({ inputs, backend, attrs }) => {
    const attributes = attrs as unknown as NormSumAttributes;
    const call = new NormSumCall(backend, inputs, attributes);
    const { shape, images, channels, widths, norms } = call;
    const { epsilon, pooled = false } = attributes;
    const shortcut = call.maybe('shortcut', shape);
    return call.finish(() => {
      const plan = call.plan(attributes);
      plan.set(SHORTCUT, shortcut);
      plan.set(VIEWS, 1);
      plan.setParts(
        widths.map((width) => call.output([...shape.slice(0, -1), width])),
        widths,
      );
      for (let p = 0; p < norms; p++) plan.setPath(p, PATH_MEAN, call.output([channels]));
      for (let p = 0; p < norms; p++) plan.setPath(p, PATH_VARIANCE, call.output([channels]));
      plan.set(POOLED, pooled ? call.output([images, channels]) : 0);
      plan.set(SUMS, call.doubles(2 * norms * images * channels));
      const address = call.written(plan);
      for (let p = 0; p < norms; p++) call.moments(address, p);
      const each = Array.from({ length: norms }, (_, p) => [address, p]);
      if (norms > 0) call.pool.run('normSumStatistics', each);
      call.pool.run('normSumTerms', [[address, epsilon]]);
      call.overImages('normSumForward', address);
    });
  },
};

/** Backwards: inputs, attributes and outputs are those of the kernel of that name in `@dmnn/network`. */
export const wasmNormSumGrad: WasmKernel = {
  kernelName: 'DmnnNormSumGrad',
  kernelFunc: ({ inputs, backend, attrs }) => {
    const attributes = attrs as unknown as NormSumAttributes;
    const call = new NormSumCall(backend, inputs, attributes);
    const { shape, images, channels, widths, paths, norms } = call;
    const { gateColumns, bounds, epsilon, upstreams = 1, shortcut = false } = attributes;
    const views = upstreams / widths.length;
    if (views > 2 || !Number.isInteger(views))
      throw backendError(
        `dy: expected none, one or two of each of ${widths.length} parts, got ${upstreams}.`,
      );
    const result = call.maybe('y', shape);
    const dpooled = call.maybe('dpooled', [images, channels]);
    const alone = paths === 1 && norms === 1 && !shortcut && gateColumns[0] === -1;
    if (bounds.some(Number.isFinite) && result === 0 && !alone)
      throw backendError('y: expected with bounds on more than one normalised path, got none.');
    const dy = Array.from({ length: upstreams }, (_, i) =>
      call.given(`dy${i}`, [...shape.slice(0, -1), widths[i % widths.length] as number]),
    );
    return call.finish(() => {
      const plan = call.plan(attributes);
      plan.set(VIEWS, views);
      plan.set(POOLED, dpooled);
      plan.set(RESULT, result);
      plan.setParts(dy, widths);
      for (let p = 0; p < norms; p++) {
        plan.setPath(p, PATH_MEAN, call.given(`mean${p}`, [channels]));
        plan.setPath(p, PATH_VARIANCE, call.given(`variance${p}`, [channels]));
      }
      for (let p = 0; p < paths; p++) plan.setPath(p, PATH_X_GRADIENT, call.output(shape));
      for (let p = 0; p < norms; p++) plan.setPath(p, PATH_SCALE_GRADIENT, call.output([channels]));
      for (let p = 0; p < norms; p++) plan.setPath(p, PATH_OFFSET_GRADIENT, call.output([channels]));
      plan.set(GATE_GRADIENT, inputs['gates'] ? call.output([images, call.gateColumns]) : 0);
      plan.set(SHORTCUT, shortcut ? call.output(shape) : 0);
      plan.set(SUMS, call.doubles(images * (1 + paths) * channels));
      const address = call.written(plan);
      call.pool.run('normSumTerms', [[address, epsilon]]);
      call.overImages('normSumProducts', address);
      call.pool.run('normSumCoefficients', [[address, epsilon]]);
      call.overImages('normSumGradient', address);
    });
  },
};

type Inputs = Readonly<Record<string, tf.TensorInfo | undefined>>;

/** A plan while it is written, word by word; words that are not set are 0. */
class NormSumPlan {
  readonly #words: Int32Array;
  #parts: readonly number[] = [];

  /** @param paths - how many */
  constructor(paths: number) {
    this.#words = new Int32Array(FIRST_PATH + paths * PATH_WORDS);
  }

  /** Sets a word: a count or an address. */
  set(word: number, value: number): void {
    this.#words[word] = value | 0; // addresses are unsigned
  }

  /** Sets a word that is read as a float. */
  setFloat(word: number, value: number): void {
    new Float32Array(this.#words.buffer)[word] = value;
  }

  /** Sets a word of a path. */
  setPath(path: number, word: number, value: number): void {
    this.set(FIRST_PATH + path * PATH_WORDS + word, value);
  }

  /** Sets the addresses of parts, view by view, and the channels of each part. */
  setParts(addresses: readonly number[], widths: readonly number[]): void {
    this.#parts = [...addresses.map((each) => each | 0), ...widths];
  }

  /** All words. */
  get words(): Int32Array {
    return Int32Array.of(...this.#words, ...this.#parts);
  }
}

/** One call of `DmnnNormSum` or its gradient on wasm: its sizes, its tensors, and its plan. */
class NormSumCall {
  readonly shape: readonly number[];
  readonly images: number;
  readonly channels: number;
  readonly pixels: number;
  readonly widths: readonly number[];
  readonly paths: number;
  /** Paths that are normalised: all or none. */
  readonly norms: number;
  /** G, or 0 if there are no gates. */
  readonly gateColumns: number;
  readonly pool: WasmPool;
  readonly #wasm: WasmBackend;
  readonly #inputs: Inputs;
  readonly #temporaries: tf.TensorInfo[] = [];
  readonly #outputs: tf.TensorInfo[] = [];

  constructor(
    wasm: WasmBackend,
    inputs: Inputs,
    { paths, normalised, splits, gateColumns }: NormSumAttributes,
  ) {
    this.#wasm = wasm;
    this.#inputs = inputs;
    this.pool = wasmPool(wasm);
    this.paths = paths;
    this.norms = normalised ? paths : 0;
    this.shape = (inputs['x0'] as tf.TensorInfo).shape;
    const size = this.shape.reduce((product, extent) => product * extent, 1);
    if (this.shape.length < 2 || size === 0)
      throw backendError(`x0: expected [B, …, C] of at least one number, got [${this.shape.join(', ')}].`);
    this.images = this.shape[0] as number;
    this.channels = this.shape.at(-1) as number;
    this.pixels = size / this.images / this.channels;
    this.widths = splits.length > 0 ? splits : [this.channels];
    if (this.widths.some((width) => width < 1))
      throw backendError(`splits: expected channels of each part, got ${this.widths.join(', ')}.`);
    const total = this.widths.reduce((sum, width) => sum + width, 0);
    if (total !== this.channels)
      throw backendError(`splits: expected a sum of ${this.channels} channels, got ${total}.`);
    for (let p = 0; p < paths; p++) this.given(`x${p}`, this.shape);
    for (const name of ['scale', 'offset'])
      for (let p = 0; p < this.norms; p++) this.given(`${name}${p}`, [this.channels]);
    this.gateColumns = inputs['gates']?.shape[1] ?? 0;
    const named = Math.max(...gateColumns);
    if (gateColumns.length !== paths)
      throw backendError(`gateColumns: expected one for each of ${paths} paths, got ${gateColumns.length}.`);
    if (named >= 0 && named >= this.gateColumns)
      throw backendError(`gates: expected [B, G] with a column ${named}, got ${this.gateColumns} columns.`);
    if (inputs['gates']) this.given('gates', [this.images, this.gateColumns]);
  }

  /** The address of an input. @throws DmnnError `DMNN_BACKEND` if it has another shape. */
  given(name: string, shape: readonly number[]): number {
    const tensor = this.#inputs[name];
    if (tensor?.shape.join() !== shape.join()) {
      const got = tensor ? `[${tensor.shape.join(', ')}]` : 'none';
      throw backendError(`${name}: expected [${shape.join(', ')}], got ${got}.`);
    }
    return addressOf(this.#wasm, tensor);
  }

  /** The address of an optional input; 0 if it is missing. */
  maybe(name: string, shape: readonly number[]): number {
    return this.#inputs[name] ? this.given(name, shape) : 0;
  }

  /** The address of a new output; outputs are returned in the order of their creation. */
  output(shape: readonly number[]): number {
    const tensor = newOutput(this.#wasm, shape);
    this.#outputs.push(tensor);
    return addressOf(this.#wasm, tensor);
  }

  /** Memory that is freed when the call is over, in 32-bit words. */
  memory(words: number): number {
    const tensor = newOutput(this.#wasm, [words], 'int32');
    this.#temporaries.push(tensor);
    return addressOf(this.#wasm, tensor);
  }

  /** Memory for float64 numbers, freed when the call is over. */
  doubles(count: number): number {
    return this.memory(2 * count + 2);
  }

  /** A plan with the words that both directions share; the others are 0 until they are set. */
  plan({ bounds, gateColumns }: NormSumAttributes): NormSumPlan {
    const plan = new NormSumPlan(this.paths);
    plan.set(PIXELS, this.pixels);
    plan.set(CHANNELS, this.channels);
    plan.set(PATHS, this.paths);
    plan.set(NORMALISED, this.norms > 0 ? 1 : 0);
    plan.setFloat(LOW, bounds[0]);
    plan.setFloat(HIGH, bounds[1]);
    plan.set(GATES, this.maybe('gates', [this.images, this.gateColumns]));
    plan.set(GATE_COLUMNS, this.gateColumns);
    plan.set(PARTS, this.widths.length);
    plan.set(TERMS, this.memory(TERM_ROWS * this.paths * this.channels));
    plan.set(IMAGES, this.images);
    for (let p = 0; p < this.paths; p++) {
      plan.setPath(p, PATH_X, this.given(`x${p}`, this.shape));
      plan.setPath(p, PATH_COLUMN, gateColumns[p] as number);
    }
    for (let p = 0; p < this.norms; p++) {
      plan.setPath(p, PATH_SCALE, this.given(`scale${p}`, [this.channels]));
      plan.setPath(p, PATH_OFFSET, this.given(`offset${p}`, [this.channels]));
    }
    return plan;
  }

  /** Copies a plan to the backend's memory and returns its address. */
  written(plan: NormSumPlan): number {
    const { words } = plan;
    const address = this.memory(words.length);
    const memory = this.#wasm.typedArrayFromHeap(this.#temporaries.at(-1) as tf.TensorInfo) as Int32Array;
    memory.set(words);
    return address;
  }

  /** Runs a function over all images: (plan, scratch memory, first image, images). */
  overImages(work: 'normSumForward' | 'normSumProducts' | 'normSumGradient', plan: number): void {
    const jobs = this.#runs().map(({ first, images }) => [plan, 0, first, images]);
    this.pool.run(work, jobs, { argument: 1, bytes: this.#scratch() });
  }

  /** Sums of a path over all images: (plan, scratch memory, path, first image, images). */
  moments(plan: number, path: number): void {
    const jobs = this.#runs().map(({ first, images }) => [plan, 0, path, first, images]);
    this.pool.run('normSumMoments', jobs, { argument: 1, bytes: this.#scratch() });
  }

  /** The outputs, once the work is done; they are freed if it fails, and temporary memory in any case. */
  finish(work: () => void): tf.TensorInfo[] {
    const free = (tensors: readonly tf.TensorInfo[]) => (): void => {
      for (const { dataId } of tensors) this.#wasm.disposeData(dataId);
    };
    closeAfterSync(() => {
      closeIfFailsSync(work, free(this.#outputs));
    }, free(this.#temporaries));
    return this.#outputs;
  }

  #runs(): ImageRun[] {
    return runsForThreads(this.images, this.pool);
  }

  #scratch(): number {
    return this.pool.scratch('normSumScratch', [this.pixels, this.channels, this.paths]);
  }
}
