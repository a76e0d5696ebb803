import type * as tf from '@tensorflow/tfjs-core';

import { activationCode } from './activation-code.js';
import { backendError } from '../choose/backend-error.js';
import { runsForThreads } from './image-runs.js';
import type { NormSumAttributes } from '../norm-sum-attributes.js';
import { addressOf, newOutput, type WasmBackend } from '../choose/wasm-backend.js';
import { wasmPool, type WasmPool } from './wasm-pool.js';

type Inputs = Readonly<Record<string, tf.TensorInfo | undefined>>;

/** One call: its sizes, its tensors, and the plan that `assembly/norm-sum.ts` reads. */
class Call {
  readonly shape: readonly number[];
  readonly images: number;
  readonly channels: number;
  readonly pixels: number;
  readonly widths: readonly number[];
  readonly paths: number;
  /** Paths that are normalised: all or none. */
  readonly norms: number;
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
    const total = this.widths.reduce((sum, width) => sum + width, 0);
    if (total !== this.channels)
      throw backendError(`splits: expected a sum of ${this.channels} channels, got ${total}.`);
    for (let p = 0; p < paths; p++) this.given(`x${p}`, this.shape);
    for (const name of ['scale', 'offset'])
      for (let p = 0; p < this.norms; p++) this.given(`${name}${p}`, [this.channels]);
    const columns = inputs['gates']?.shape[1] ?? 0;
    const named = Math.max(...gateColumns);
    if (gateColumns.length !== paths)
      throw backendError(`gateColumns: expected one for each of ${paths} paths, got ${gateColumns.length}.`);
    if (named >= 0 && named >= columns)
      throw backendError(`gates: expected [B, G] with a column ${named}, got ${columns} columns.`);
    if (inputs['gates']) this.given('gates', [this.images, columns]);
  }

  /** The address of an input. @throws DmnnError `DMNN_BACKEND` if it is not of that shape. */
  given(name: string, shape: readonly number[]): number {
    const tensor = this.#inputs[name];
    if (tensor?.shape.join() !== shape.join()) {
      const got = tensor ? `[${tensor.shape.join(', ')}]` : 'none';
      throw backendError(`${name}: expected [${shape.join(', ')}], got ${got}.`);
    }
    return addressOf(this.#wasm, tensor);
  }

  /** The address of an input that may be missing; 0 then. */
  maybe(name: string, shape: readonly number[]): number {
    return this.#inputs[name] ? this.given(name, shape) : 0;
  }

  /** The address of a new output; outputs are given back in the order in which they were made. */
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

  /** Writes a plan. */
  plan(words: readonly number[]): number {
    const address = this.memory(words.length);
    const plan = this.#wasm.typedArrayFromHeap(this.#temporaries.at(-1) as tf.TensorInfo) as Int32Array;
    plan.set(words.map((each) => each | 0)); // addresses are unsigned
    return address;
  }

  /** Runs a function over all images, its arguments after the scratch memory being `more`, first image, and how many. */
  overImages(
    work: 'normSumMoments' | 'normSumForward' | 'normSumProducts' | 'normSumGradient',
    plan: number,
    ...more: readonly number[]
  ): void {
    const jobs = runsForThreads(this.images, this.pool).map(({ first, images }) => [
      ...[plan, 0],
      ...more,
      ...[first, images],
    ]);
    this.pool.run(work, jobs, { argument: 1, bytes: this.#scratch() });
  }

  /** The outputs, once the work is done; they are freed if it fails, and temporary memory in any case. */
  finish(work: () => void): tf.TensorInfo[] {
    try {
      work();
      return this.#outputs;
    } catch (error) {
      for (const { dataId } of this.#outputs) this.#wasm.disposeData(dataId);
      throw error;
    } finally {
      for (const { dataId } of this.#temporaries) this.#wasm.disposeData(dataId);
    }
  }

  #scratch(): number {
    return this.pool.scratch('normSumScratch', [this.pixels, this.channels, this.paths]);
  }
}

/** A number for each path, from a list that may have fewer; 0 then. */
function ofPath(list: readonly number[], path: number): number {
  return list[path] ?? 0;
}

/** Forwards: inputs, attributes and outputs are those of the kernel of that name in `@dmnn/network`. */
export function wasmNormSum(): tf.KernelConfig {
  return {
    kernelName: 'DmnnNormSum',
    backendName: 'wasm',
    kernelFunc: ({ inputs, backend, attrs }) => {
      const attributes = attrs as unknown as NormSumAttributes;
      const call = new Call(backend as WasmBackend, inputs, attributes);
      const { shape, images, channels, pixels, widths, paths, norms } = call;
      const { gateColumns, activation, epsilon, pooled = false } = attributes;
      const shortcut = call.maybe('shortcut', shape);
      return call.finish(() => {
        const parts = widths.map((width) => call.output([...shape.slice(0, -1), width]));
        const [means, variances] = [0, 1].map(() =>
          Array.from({ length: norms }, () => call.output([channels])),
        );
        const mean = pooled ? call.output([images, channels]) : 0;
        const plan = call.plan([
          ...[pixels, channels, paths, norms > 0 ? 1 : 0, activationCode(activation)],
          ...[call.maybe('gates', [images, gatesOf(inputs)]), gatesOf(inputs), shortcut],
          ...[widths.length, 1, mean, 0],
          ...[call.memory(4 * norms * images * channels + 2), call.memory(5 * paths * channels), 0, images],
          ...gateColumns.flatMap((column, p) => [
            ...[call.given(`x${p}`, shape), column],
            ...(norms > 0
              ? [call.given(`scale${p}`, [channels]), call.given(`offset${p}`, [channels])]
              : [0, 0]),
            ...[ofPath(means as number[], p), ofPath(variances as number[], p)],
            ...[0, 0, 0],
          ]),
          ...parts,
          ...widths,
        ]);
        for (let p = 0; p < norms; p++) call.overImages('normSumMoments', plan, p);
        const each = Array.from({ length: norms }, (_, p) => [plan, p]);
        if (norms > 0) call.pool.run('normSumStatistics', each);
        call.pool.run('normSumTerms', [[plan, epsilon]]);
        call.overImages('normSumForward', plan);
      });
    },
  };
}

/** Backwards: inputs, attributes and outputs are those of the kernel of that name in `@dmnn/network`. */
export function wasmNormSumGrad(): tf.KernelConfig {
  return {
    kernelName: 'DmnnNormSumGrad',
    backendName: 'wasm',
    kernelFunc: ({ inputs, backend, attrs }) => {
      const attributes = attrs as unknown as NormSumAttributes;
      const call = new Call(backend as WasmBackend, inputs, attributes);
      const { shape, images, channels, pixels, widths, paths, norms } = call;
      const { gateColumns, activation, epsilon, upstreams = 1, shortcut = false } = attributes;
      const views = upstreams / widths.length;
      if (views > 2 || !Number.isInteger(views))
        throw backendError(
          `dy: expected none, one or two of each of ${widths.length} parts, got ${upstreams}.`,
        );
      const result = call.maybe('y', shape);
      const dpooled = call.maybe('dpooled', [images, channels]);
      const alone = paths === 1 && norms === 1 && !shortcut && gateColumns[0] === -1;
      if (activation !== 'none' && result === 0 && !alone)
        throw backendError('y: expected beside an activation of more than one normalised path, got none.');
      const dy = Array.from({ length: upstreams }, (_, i) =>
        call.given(`dy${i}`, [...shape.slice(0, -1), widths[i % widths.length] as number]),
      );
      const columns = gatesOf(inputs);
      return call.finish(() => {
        const dx = Array.from({ length: paths }, () => call.output(shape));
        const [dscales, doffsets] = [0, 1].map(() =>
          Array.from({ length: norms }, () => call.output([channels])),
        );
        const dgates = inputs['gates'] ? call.output([images, columns]) : 0;
        const dshortcut = shortcut ? call.output(shape) : 0;
        const ofChannels = (name: string, p: number): number =>
          norms > 0 ? call.given(`${name}${p}`, [channels]) : 0;
        const plan = call.plan([
          ...[pixels, channels, paths, norms > 0 ? 1 : 0, activationCode(activation)],
          ...[call.maybe('gates', [images, columns]), columns, dshortcut],
          ...[widths.length, views, dpooled, result],
          ...[call.memory(2 * images * (1 + paths) * channels + 2), call.memory(5 * paths * channels)],
          ...[dgates, images],
          ...gateColumns.flatMap((column, p) => [
            ...[call.given(`x${p}`, shape), column],
            ...['scale', 'offset', 'mean', 'variance'].map((name) => ofChannels(name, p)),
            ...[dx[p] as number, ofPath(dscales as number[], p), ofPath(doffsets as number[], p)],
          ]),
          ...dy,
          ...widths,
        ]);
        call.pool.run('normSumTerms', [[plan, epsilon]]);
        call.overImages('normSumProducts', plan);
        call.pool.run('normSumCoefficients', [[plan, epsilon]]);
        call.overImages('normSumGradient', plan);
      });
    },
  };
}

function gatesOf(inputs: Inputs): number {
  return inputs['gates']?.shape[1] ?? 0;
}
