import type { WasmBackend } from './wasm-backend.js';
import { wasmKernels } from './wasm-kernels.generated.js';

/** As much of the standard's interface as is used; `lib` has it only together with a browser's. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: object };
};

type Numbers = readonly number[];

/** The functions compiled from `assembly/`; addresses and sizes are numbers. */
export interface WasmModule {
  readonly clippedGradient: (...numbers: Numbers) => void;
  readonly batchNorm: (...numbers: Numbers) => void;
  readonly batchNormGradient: (...numbers: Numbers) => void;
  readonly batchNormScratch: (...numbers: Numbers) => number;
  readonly convolution: (...numbers: Numbers) => void;
  readonly convolutionScratch: (...numbers: Numbers) => number;
  readonly depthwiseFilterGradient: (...numbers: Numbers) => void;
  readonly depthwiseFilterScratch: (...numbers: Numbers) => number;
  readonly depthwiseInputGradient: (...numbers: Numbers) => void;
  readonly depthwiseInputScratch: (...numbers: Numbers) => number;
  readonly filterGradient: (...numbers: Numbers) => void;
  readonly filterGradientScratch: (...numbers: Numbers) => number;
  readonly inputGradient: (...numbers: Numbers) => void;
  readonly inputGradientScratch: (...numbers: Numbers) => number;
}

const modules = new WeakMap<object, WasmModule>();

/** Our kernels, working in the memory of `backend`; instantiated once for each backend. */
export function wasmModule(backend: WasmBackend): WasmModule {
  const known = modules.get(backend.wasm);
  if (known) return known;
  const module = new WebAssembly.Module(Buffer.from(wasmKernels, 'base64'));
  const instance = new WebAssembly.Instance(module, {
    env: { memory: backend.wasm.asm.memory },
  });
  const kernels = instance.exports as unknown as WasmModule;
  modules.set(backend.wasm, kernels);
  return kernels;
}
