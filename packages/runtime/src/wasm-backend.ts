import type * as tf from '@tensorflow/tfjs-core';

import { BackendError } from './backend-error.js';

/** What tfjs-backend-wasm's backend has beyond tfjs-core's interface. */
export interface WasmBackend extends tf.KernelBackend {
  readonly wasm: {
    readonly asm: { readonly memory: unknown };
    _malloc(bytes: number): number;
    _free(address: number): void;
  };
  makeOutput(shape: readonly number[], dtype: tf.DataType): tf.TensorInfo;
  disposeData(dataId: tf.DataId): boolean;
  typedArrayFromHeap(tensor: tf.TensorInfo): Float32Array | Int32Array | Uint8Array;
  readonly dataIdMap: { get(dataId: tf.DataId): { readonly memoryOffset: number } };
}

function outOfMemory(what: string): BackendError {
  return new BackendError(
    `wasm memory: no room for ${what}; WebAssembly has 4 GiB. Use a smaller batch, or the native backend (dmnn backend install).`,
  );
}

/** Where a tensor lies in the backend's memory. */
export function addressOf(backend: WasmBackend, tensor: tf.TensorInfo): number {
  return backend.dataIdMap.get(tensor.dataId).memoryOffset;
}

/** A new float32 tensor, its content undefined. @throws BackendError where tfjs would write to address 0. */
export function newOutput(backend: WasmBackend, shape: readonly number[]): tf.TensorInfo {
  const output = backend.makeOutput([...shape], 'float32');
  if (addressOf(backend, output) !== 0) return output;
  backend.disposeData(output.dataId);
  throw outOfMemory(`a tensor of shape [${shape.join(', ')}]`);
}

/** Runs `body` with scratch memory that is freed afterwards. @throws BackendError if there is none. */
export function withScratch(backend: WasmBackend, bytes: number, body: (address: number) => void): void {
  const address = backend.wasm._malloc(bytes) >>> 0;
  if (address === 0) throw outOfMemory(`${bytes} bytes`);
  try {
    body(address);
  } finally {
    backend.wasm._free(address);
  }
}
