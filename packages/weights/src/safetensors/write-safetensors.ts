import { BYTES_PER_ELEMENT } from './safetensors-dtypes.js';
import { MOST_TENSORS } from './read-safetensors.js';
import { SafetensorsError } from './safetensors-error.js';
import { compareUtf8, encodeUtf8, isWellFormed } from '@dmnn/foundation';
import type { WeightTensor, Weights } from '../weights.js';

// order of the reference implementation: widest elements first, so that all are aligned
const DTYPE_ORDER: readonly WeightTensor['dtype'][] = ['I64', 'F32', 'I32', 'U8'];

/**
 * Writes tensors as a safetensors file. Equal tensors and metadata give equal bytes, independent of their order: data
 * are sorted by element type and name, as the reference implementation does.
 *
 * @param metadata - strings by name, kept under `__metadata__`
 * @throws SafetensorsError if there are more than 100,000 tensors, a shape does not match its data, a name is reserved or
 *   cannot be encoded as UTF-8, or a metadata value is not a string
 * @see https://huggingface.co/docs/safetensors, "Format"
 */
export function writeSafetensors(
  weights: Weights,
  metadata: { readonly [key: string]: string } = {},
): Uint8Array {
  if (weights.size > MOST_TENSORS) {
    throw new SafetensorsError(
      'not-writable',
      `weights: expected at most ${MOST_TENSORS} tensors, got ${weights.size}; write several files`,
    );
  }
  const tensors = [...weights].sort(
    ([nameA, a], [nameB, b]) =>
      DTYPE_ORDER.indexOf(a.dtype) - DTYPE_ORDER.indexOf(b.dtype) || compareUtf8(nameA, nameB),
  );
  const header: string[] = [];
  const keys = Object.keys(metadata).sort(compareUtf8);
  if (keys.length > 0) {
    const pairs = keys.map((key) => `${quote(key)}:${metadataValue(key, metadata[key])}`);
    header.push(`"__metadata__":{${pairs.join(',')}}`);
  }
  let dataBytes = 0;
  for (const [name, tensor] of tensors) {
    assertWritable(name, tensor);
    const { dtype, shape, data } = tensor;
    const end = dataBytes + data.byteLength;
    header.push(
      `${quote(name)}:{"dtype":"${dtype}","shape":[${shape.join(',')}],"data_offsets":[${dataBytes},${end}]}`,
    );
    dataBytes = end;
  }

  const text = encodeUtf8(`{${header.join(',')}}`);
  const headerBytes = Math.ceil(text.length / 8) * 8; // padded with spaces, so that data begin aligned
  const bytes = new Uint8Array(8 + headerBytes + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true);
  bytes.fill(0x20, 8, 8 + headerBytes);
  bytes.set(text, 8);
  let at = 8 + headerBytes;
  for (const [, { data }] of tensors) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

function assertWritable(name: string, { dtype, shape, data }: WeightTensor): void {
  if (name === '__metadata__') {
    throw new SafetensorsError('not-writable', `${name}: the format reserves this name; choose another`);
  }
  if (!DTYPE_ORDER.includes(dtype)) {
    throw new SafetensorsError(
      'not-writable',
      `${name}: expected a dtype of ${DTYPE_ORDER.join(', ')}, got ${dtype}`,
    );
  }
  if (!shape.every((length) => Number.isSafeInteger(length) && length >= 0)) {
    throw new SafetensorsError(
      'not-writable',
      `${name}: expected a shape of whole numbers, got [${shape.join(', ')}]`,
    );
  }
  const size = shape.reduce((product, length) => product * length, 1);
  if (size !== data.length || data.byteLength !== size * BYTES_PER_ELEMENT[dtype]) {
    throw new SafetensorsError(
      'not-writable',
      `${name}: expected ${size} elements of ${dtype} for [${shape.join(', ')}], got ${data.length}`,
    );
  }
}

function metadataValue(key: string, value: unknown): string {
  if (typeof value === 'string') return quote(value);
  throw new SafetensorsError('not-writable', `metadata.${key}: expected a string, got ${String(value)}`);
}

function quote(text: string): string {
  if (!isWellFormed(text)) {
    throw new SafetensorsError(
      'not-writable',
      `${JSON.stringify(text)}: expected well-formed text, got an unpaired surrogate`,
    );
  }
  return JSON.stringify(text);
}
