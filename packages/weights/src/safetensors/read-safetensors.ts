import { decodeTensor } from './safetensors-dtypes.js';
import { SafetensorsError } from './safetensors-error.js';
import { type TensorEntry, parseSafetensorsHeader } from './safetensors-header.js';
import type { WeightTensor, Weights } from '../weights.js';

// the reference implementation's limit
const LARGEST_HEADER_BYTES = 100_000_000;
const PREFIX_BYTES = 8;

/** Contents of a safetensors file. */
export interface SafetensorsFile {
  /** The tensors, in the order of their data. */
  readonly tensors: Weights;
  /** `__metadata__`: strings by name; empty if there is none. */
  readonly metadata: ReadonlyMap<string, string>;
  /** Element type of each tensor in the file: `F16`, `F64`, for which {@link SafetensorsFile.tensors} has `F32`. */
  readonly dtypes: ReadonlyMap<string, string>;
}

/**
 * Reads the tensors of a safetensors file. Strict: every byte must be accounted for exactly once.
 *
 * F32, I32, I64 and U8 are returned unchanged; F16 and BF16 become float32, and F64 the nearest float32
 * (beyond its range, infinity).
 *
 * @param bytes - the whole file; data are copied
 * @throws SafetensorsError naming the tensor and the broken rule, with the rule's short name in `fault`
 * @see https://huggingface.co/docs/safetensors, "Format"
 * @example
 * ```ts
 * import { readSafetensors, writeSafetensors } from '@dmnn/weights';
 *
 * const bytes = writeSafetensors(new Map([['a', { dtype: 'F32', shape: [2], data: Float32Array.of(1, 2) }]]));
 * console.log(readSafetensors(bytes).get('a')?.data.join()); // => 1,2
 * ```
 */
export function readSafetensors(bytes: Uint8Array): Weights {
  return readSafetensorsFile(bytes).tensors;
}

/**
 * Like {@link readSafetensors}, with metadata and element types of the file.
 *
 * @throws SafetensorsError as {@link readSafetensors}
 */
export function readSafetensorsFile(bytes: Uint8Array): SafetensorsFile {
  const headerBytes = headerSize(bytes);
  const header = parseSafetensorsHeader(bytes.subarray(PREFIX_BYTES, PREFIX_BYTES + headerBytes));
  const data = bytes.subarray(PREFIX_BYTES + headerBytes);
  const entries = [...header.entries].sort((a, b) => a.begin - b.begin || a.end - b.end);
  assertCovered(entries, data.length);

  const tensors = new Map<string, WeightTensor>();
  for (const { name, dtype, shape, begin, end } of entries) {
    tensors.set(name, decodeTensor(dtype, shape, data.subarray(begin, end)));
  }
  const dtypes = new Map(entries.map(({ name, dtype }) => [name, dtype]));
  return { tensors, metadata: header.metadata, dtypes };
}

function headerSize(bytes: Uint8Array): number {
  if (bytes.length < PREFIX_BYTES) {
    throw new SafetensorsError('too-short', `expected at least ${PREFIX_BYTES} bytes, got ${bytes.length}`);
  }
  const size = new DataView(bytes.buffer, bytes.byteOffset, PREFIX_BYTES).getBigUint64(0, true);
  if (size > BigInt(LARGEST_HEADER_BYTES)) {
    throw new SafetensorsError(
      'header-size',
      `expected a header of at most ${LARGEST_HEADER_BYTES} bytes, got ${size.toString()}; is this a safetensors file?`,
    );
  }
  if (Number(size) > bytes.length - PREFIX_BYTES) {
    throw new SafetensorsError(
      'truncated',
      `expected a header of ${size.toString()} bytes, got ${bytes.length - PREFIX_BYTES}; the file is truncated`,
    );
  }
  return Number(size);
}

/** Every byte of the data belongs to exactly one tensor. `entries` are sorted. */
function assertCovered(entries: readonly TensorEntry[], dataBytes: number): void {
  let covered = 0;
  for (const { name, begin, end } of entries) {
    if (begin < covered) {
      throw new SafetensorsError(
        'overlap',
        `${name}: begins at ${begin}, inside the previous tensor, which ends at ${covered}`,
      );
    }
    if (begin > covered) {
      throw new SafetensorsError(
        'hole',
        `${name}: begins at ${begin}, but no tensor owns the bytes from ${covered}`,
      );
    }
    if (end > dataBytes) {
      throw new SafetensorsError(
        'truncated',
        `${name}: ends at ${end}, but there are only ${dataBytes} bytes`,
      );
    }
    covered = end;
  }
  if (covered !== dataBytes) {
    throw new SafetensorsError('trailing-bytes', `expected ${covered} bytes of data, got ${dataBytes}`);
  }
}
