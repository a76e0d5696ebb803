import type * as tf from '@tensorflow/tfjs-core';

import { noWasmRoom } from './backend-error.js';

/** The members of tfjs-backend-wasm's backend that tfjs-core's interface lacks. */
export interface WasmBackend extends tf.KernelBackend {
  readonly wasm: {
    readonly asm: { readonly memory: unknown };
    /** A view of all its memory, replaced when that grows. */
    readonly HEAPU8: Uint8Array;
    _malloc: (bytes: number) => number;
    _free(address: number): void;
  };
  makeOutput(shape: readonly number[], dtype: tf.DataType): tf.TensorInfo;
  disposeData(dataId: tf.DataId, force?: boolean): boolean;
  typedArrayFromHeap(tensor: tf.TensorInfo): Float32Array | Int32Array | Uint8Array;
  readonly dataIdMap: { get(dataId: tf.DataId): { readonly memoryOffset: number } };
}

/** The address of a tensor in the backend's memory. */
export function addressOf(backend: WasmBackend, tensor: tf.TensorInfo): number {
  return backend.dataIdMap.get(tensor.dataId).memoryOffset;
}

/** A new tensor with undefined content. @throws DmnnError `DMNN_BACKEND` where tfjs would write to address 0. */
export function newOutput(
  backend: WasmBackend,
  shape: readonly number[],
  dtype: tf.DataType = 'float32',
): tf.TensorInfo {
  const output = backend.makeOutput([...shape], dtype);
  if (addressOf(backend, output) !== 0) return output;
  backend.disposeData(output.dataId);
  throw noWasmRoom(`a tensor of shape [${shape.join(', ')}]`);
}
