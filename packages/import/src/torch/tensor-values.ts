import { decodeTensor, isReadableDtype } from '@dmnn/weights/internal';
import type { WeightTensor } from '@dmnn/weights';
import type { TorchDtype, TorchTensor } from './torch-tensor.js';

/**
 * The numbers of a tensor, row-major, as a copy; bytes and booleans as U8, smaller integers as I32.
 *
 * @param whole - bytes of what the file has under the key of its storage, little-endian
 */
export function tensorValues(tensor: TorchTensor, whole: Uint8Array): WeightTensor {
  const { storage, offset, shape, length, end } = tensor;
  const { dtype, width, from } = storage;
  const reached = whole.subarray((from + offset) * width, (from + Math.max(offset, end)) * width);
  const values = length === 0 || isContiguous(tensor) ? reached : gathered(tensor, reached, length);
  return decoded(dtype, shape, values);
}

/** Bytes that the numbers of a tensor need once they are read. */
export function bytesOfValues(tensor: TorchTensor): number {
  const { dtype } = tensor.storage;
  return tensor.length * (dtype === 'F64' || dtype === 'I64' ? 8 : 4);
}

function isContiguous({ shape, strides }: TorchTensor): boolean {
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] !== 1 && strides[i] !== step) return false;
    step *= shape[i] as number;
  }
  return true;
}

/** The elements in row-major order. */
function gathered({ storage, shape, strides }: TorchTensor, bytes: Uint8Array, length: number): Uint8Array {
  const { width } = storage;
  const result = new Uint8Array(length * width);
  const index = shape.map(() => 0);
  let at = 0;
  for (let i = 0; i < length; i++) {
    const [from, to] = [at * width, i * width];
    for (let b = 0; b < width; b++) result[to + b] = bytes[from + b] as number;
    for (let d = shape.length - 1; d >= 0; d--) {
      at += strides[d] as number;
      index[d] = (index[d] as number) + 1;
      if (index[d] !== shape[d]) break;
      at -= (strides[d] as number) * (shape[d] as number);
      index[d] = 0;
    }
  }
  return result;
}

function decoded(dtype: TorchDtype, shape: readonly number[], bytes: Uint8Array): WeightTensor {
  if (isReadableDtype(dtype)) return decodeTensor(dtype, shape, bytes);
  switch (dtype) {
    case 'BOOL':
      return decodeTensor('U8', shape, bytes);
    case 'I8':
      return { dtype: 'I32', shape, data: Int32Array.from(new Int8Array(new Uint8Array(bytes).buffer)) };
    case 'I16':
      return { dtype: 'I32', shape, data: Int32Array.from(new Int16Array(new Uint8Array(bytes).buffer)) };
    default:
      return dtype satisfies never;
  }
}
