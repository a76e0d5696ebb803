import type { WeightTensor } from '../weights.js';

/** Readable element types of the format, with the bytes per element. */
export const BYTES_PER_ELEMENT = {
  F64: 8,
  F32: 4,
  I32: 4,
  I64: 8,
  U8: 1,
  F16: 2,
  BF16: 2,
} as const;

/** A readable element type. */
export type ReadableDtype = keyof typeof BYTES_PER_ELEMENT;

/** Whether a file's element type is readable. */
export function isReadableDtype(dtype: unknown): dtype is ReadableDtype {
  return typeof dtype === 'string' && Object.hasOwn(BYTES_PER_ELEMENT, dtype);
}

/**
 * Decodes a tensor from little-endian bytes, which are copied; half floats become float32 exactly, doubles the nearest
 * float32.
 */
export function decodeTensor(
  dtype: ReadableDtype,
  shape: readonly number[],
  bytes: Uint8Array,
): WeightTensor {
  // a copy begins at an offset that every array type accepts; slice() of a Node Buffer would not copy
  const { buffer } = new Uint8Array(bytes);
  switch (dtype) {
    case 'F64':
      return { dtype: 'F32', shape, data: new Float32Array(new Float64Array(buffer)) };
    case 'F32':
      return { dtype, shape, data: new Float32Array(buffer) };
    case 'I32':
      return { dtype, shape, data: new Int32Array(buffer) };
    case 'I64':
      return { dtype, shape, data: new BigInt64Array(buffer) };
    case 'U8':
      return { dtype, shape, data: new Uint8Array(buffer) };
    case 'F16':
      return { dtype: 'F32', shape, data: Float32Array.from(new Uint16Array(buffer), halfToNumber) };
    case 'BF16':
      return { dtype: 'F32', shape, data: bfloatsToFloats(new Uint16Array(buffer)) };
    default:
      return dtype satisfies never;
  }
}

/** IEEE 754 binary16: sign, 5 bits of exponent, 10 of fraction. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** bfloat16 is the upper half of a float32. */
function bfloatsToFloats(bits: Uint16Array): Float32Array {
  return new Float32Array(Uint32Array.from(bits, (upper) => upper << 16).buffer);
}
