import { wasmKernels } from '../wasm-kernels.generated.js';

/** As much of the standard's interface as is used; `lib` has it only together with a browser's. */
declare const WebAssembly: {
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
