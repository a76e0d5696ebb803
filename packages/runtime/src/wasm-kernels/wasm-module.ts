import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import { wasmKernels } from '../wasm-kernels.generated.js';

/** As much of the standard's interface as is used; `lib` has it only together with a browser's. */
declare const WebAssembly: {
  readonly Memory: new (limits: { initial: number; maximum: number; shared: boolean }) => object;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: object };
};

/** The functions compiled from `assembly/` that say how much scratch memory another needs. */
export type ScratchFunction =
  | 'batchNormScratch'
  | 'convolutionScratch'
  | 'depthwiseFilterScratch'
  | 'depthwiseInputScratch'
  | 'filterGradientScratch'
  | 'inputGradientScratch'
  | 'normSumScratch';

/** The functions compiled from `assembly/` that work on tensors. */
export type WorkFunction =
  | 'addParts'
  | 'batchNorm'
  | 'batchNormGradient'
  | 'clip'
  | 'clippedGradient'
  | 'convolution'
  | 'crop'
  | 'depthwiseFilterGradient'
  | 'depthwiseInputGradient'
  | 'filterGradient'
  | 'inputGradient'
  | 'normSumCoefficients'
  | 'normSumForward'
  | 'normSumGradient'
  | 'normSumMoments'
  | 'normSumProducts'
  | 'normSumStatistics'
  | 'normSumTerms';

/** All of them; addresses and sizes are numbers. */
export type WasmFunctions = Readonly<
  Record<ScratchFunction, (...numbers: readonly number[]) => number> &
    Record<WorkFunction, (...numbers: readonly number[]) => void>
>;

/**
 * Our kernels as a module for a memory that is shared between threads, or for one that is not.
 *
 * They are compiled for a shared one, use no atomic operations, and differ in nothing but the flag of their import.
 */
export function compileWasmKernels(sharedMemory: boolean): object {
  const bytes = Buffer.from(wasmKernels, 'base64');
  if (!sharedMemory) {
    const name = bytes.indexOf('\x06memory\x02\x03', 0, 'latin1');
    bytes[name + 8] = 1; // "has a maximum" instead of "shared and has a maximum"
  }
  return new WebAssembly.Module(bytes);
}

/** @param memory - the WebAssembly.Memory that the tensors lie in. */
export function instantiateWasmKernels(module: object, memory: unknown): WasmFunctions {
  return new WebAssembly.Instance(module, { env: { memory } }).exports as WasmFunctions;
}

const MEMORY_SECTION = 5;
const SHARED_FLAG = 2;

/** Reads an unsigned LEB128 number: its value and the index of the next byte. */
function readNumber(bytes: Uint8Array, at: number): [value: number, next: number] {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++] as number;
    value |= (byte & 127) << shift;
    if (byte < 128) return [value, at];
  }
}

/** Sets the flag "shared" of a WebAssembly module's memory, in place. It must have a maximum. */
export function makeMemoryShared(bytes: Uint8Array): void {
  let at = 8; // after the magic number and the version
  while (at < bytes.length) {
    const id = bytes[at];
    const [length, start] = readNumber(bytes, at + 1);
    if (id === MEMORY_SECTION) {
      const [, flags] = readNumber(bytes, start); // after the number of memories
      bytes[flags] = (bytes[flags] as number) | SHARED_FLAG;
      return;
    }
    at = start + length;
  }
}

/**
 * Whether the process may have the memories that tfjs-backend-wasm starts with: its own, and one of Node's `fetch`, by which
 * it reads its binary. Where they are refused, both fail in promises that nobody waits for, which ends the process.
 */
export function hasAddressesForWasm(): boolean {
  try {
    const memories = [1, 2].map(() => new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true }));
    return memories.length > 0;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** The function of tfjs-backend-wasm that sets the addresses of its binaries. */
type SetWasmPaths = (paths: Record<string, string>, usePlatformFetch: boolean) => void;

/**
 * Makes tfjs-backend-wasm use memory that threads can share, so our kernels can run on several threads. Its own threads work
 * in browsers only. Call it before the backend starts.
 */
export function shareWasmMemory(setWasmPaths: SetWasmPaths): void {
  const main = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
  const bytes = readFileSync(join(dirname(main), 'tfjs-backend-wasm-simd.wasm'));
  makeMemoryShared(bytes);
  const address = `data:application/wasm;base64,${bytes.toString('base64')}`;
  const names = ['tfjs-backend-wasm', 'tfjs-backend-wasm-simd', 'tfjs-backend-wasm-threaded-simd'];
  setWasmPaths(Object.fromEntries(names.map((name) => [`${name}.wasm`, address])), true);
}
