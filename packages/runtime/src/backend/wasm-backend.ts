import type * as tf from '@tensorflow/tfjs-core';

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
