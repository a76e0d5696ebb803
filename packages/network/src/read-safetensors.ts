import {
  BYTES_PER_ELEMENT,
  type ReadableDtype,
  decodeTensor,
  isReadableDtype,
} from './safetensors-dtypes.js';
import { SafetensorsError } from './safetensors-error.js';
import { type JsonValue, StrictJsonError, parseStrictJson } from './strict-json.js';
import { decodeUtf8 } from './utf8.js';
import type { WeightTensor, Weights } from './weights.js';

// the reference implementation's limit
const LARGEST_HEADER_BYTES = 100_000_000;
const PREFIX_BYTES = 8;

/** What a safetensors file holds. */
export interface SafetensorsFile {
  /** In the order of their data. */
  readonly tensors: Weights;
  /** `__metadata__`: strings by name; empty if there is none. */
  readonly metadata: ReadonlyMap<string, string>;
}

/**
 * Reads the tensors of a safetensors file. Strict: every byte must be accounted for exactly once.
 *
 * F32, I32, I64 and U8 come as they are; F16 and BF16 become float32.
 *
 * @param bytes - the whole file; data are copied out of it
 * @throws SafetensorsError that names the tensor and the rule that is broken, `fault` in short
 * @see https://huggingface.co/docs/safetensors, "Format"
 * @example
 * ```ts
 * import { readSafetensors, writeSafetensors } from '@dmnn/network';
 *
 * const bytes = writeSafetensors(new Map([['a', { dtype: 'F32', shape: [2], data: Float32Array.of(1, 2) }]]));
 * console.log(readSafetensors(bytes).get('a')?.data.join()); // => 1,2
 * ```
 */
export function readSafetensors(bytes: Uint8Array): Weights {
  return readSafetensorsFile(bytes).tensors;
}

/**
 * {@link readSafetensors}, with the file's metadata.
 *
 * @throws SafetensorsError as there
 */
export function readSafetensorsFile(bytes: Uint8Array): SafetensorsFile {
  const headerBytes = headerSize(bytes);
  const header = parseHeader(bytes.subarray(PREFIX_BYTES, PREFIX_BYTES + headerBytes));
  const data = bytes.subarray(PREFIX_BYTES + headerBytes);

  let metadata: ReadonlyMap<string, string> = new Map();
  const entries: TensorEntry[] = [];
  for (const [name, value] of header) {
    if (name === '__metadata__') metadata = parseMetadata(value);
    else entries.push(parseEntry(name, value));
  }
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  assertCovered(entries, data.length);

  const tensors = new Map<string, WeightTensor>();
  for (const { name, dtype, shape, begin, end } of entries) {
    tensors.set(name, decodeTensor(dtype, shape, data.subarray(begin, end)));
  }
  return { tensors, metadata };
}

/** One tensor of the header; offsets count from the end of the header. */
interface TensorEntry {
  readonly name: string;
  readonly dtype: ReadableDtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
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
      `expected a header of ${size.toString()} bytes, got ${bytes.length - PREFIX_BYTES}; the file is cut short`,
    );
  }
  return Number(size);
}

function parseHeader(bytes: Uint8Array): ReadonlyMap<string, JsonValue> {
  const text = decodeUtf8(bytes);
  if (text === undefined) throw new SafetensorsError('header-text', 'expected a header in UTF-8');
  if (!text.startsWith('{'))
    throw new SafetensorsError('header-text', `expected a header that begins with {`);
  let header: JsonValue;
  try {
    header = parseStrictJson(text);
  } catch (error) {
    if (!(error instanceof StrictJsonError)) throw error;
    throw new SafetensorsError(
      error.duplicateKey === undefined ? 'header-json' : 'duplicate-key',
      `header: ${error.message}`,
    );
  }
  return header as ReadonlyMap<string, JsonValue>;
}

function parseMetadata(value: JsonValue): ReadonlyMap<string, string> {
  if (!isObject(value)) throw new SafetensorsError('metadata', '__metadata__: expected an object of strings');
  const metadata = new Map<string, string>();
  for (const [key, text] of value) {
    if (typeof text !== 'string') {
      throw new SafetensorsError(
        'metadata',
        `__metadata__: expected a string for ${key}, got ${print(text)}`,
      );
    }
    metadata.set(key, text);
  }
  return metadata;
}

function parseEntry(name: string, value: JsonValue): TensorEntry {
  if (!isObject(value))
    throw new SafetensorsError('tensor-entry', `${name}: expected an object, got ${print(value)}`);
  const dtype = value.get('dtype');
  if (!isReadableDtype(dtype)) {
    const known = Object.keys(BYTES_PER_ELEMENT).join(', ');
    throw new SafetensorsError('dtype', `${name}: expected a dtype of ${known}, got ${print(dtype)}`);
  }
  const shape = value.get('shape');
  if (!isCounts(shape)) {
    throw new SafetensorsError('shape', `${name}: expected a shape of whole numbers, got ${print(shape)}`);
  }
  const offsets = value.get('data_offsets');
  if (!isCounts(offsets) || offsets.length !== 2) {
    throw new SafetensorsError('offsets', `${name}: expected two data_offsets, got ${print(offsets)}`);
  }
  for (const key of value.keys()) {
    if (key !== 'dtype' && key !== 'shape' && key !== 'data_offsets') {
      throw new SafetensorsError('tensor-entry', `${name}: expected dtype, shape, data_offsets, got ${key}`);
    }
  }
  const [begin, end] = offsets as readonly [number, number];
  const size = shape.reduce((product, length) => product * length, BYTES_PER_ELEMENT[dtype]);
  if (!Number.isSafeInteger(size))
    throw new SafetensorsError('shape', `${name}: its size overflows, got ${print(shape)}`);
  if (end - begin !== size) {
    throw new SafetensorsError(
      'offsets',
      `${name}: expected ${size} bytes for ${dtype} ${print(shape)}, got ${end - begin} (${begin} to ${end})`,
    );
  }
  return { name, dtype, shape, begin, end };
}

/** Every byte of the data belongs to exactly one tensor. `entries` are sorted. */
function assertCovered(entries: readonly TensorEntry[], dataBytes: number): void {
  let covered = 0;
  for (const { name, begin, end } of entries) {
    if (begin < covered) {
      throw new SafetensorsError(
        'overlap',
        `${name}: begins at ${begin}, inside the tensor before, which ends at ${covered}`,
      );
    }
    if (begin > covered) {
      throw new SafetensorsError(
        'hole',
        `${name}: begins at ${begin}, and nothing owns the bytes from ${covered}`,
      );
    }
    if (end > dataBytes) {
      throw new SafetensorsError(
        'truncated',
        `${name}: ends at ${end}, but only ${dataBytes} bytes are there`,
      );
    }
    covered = end;
  }
  if (covered !== dataBytes) {
    throw new SafetensorsError('trailing-bytes', `expected ${covered} bytes of data, got ${dataBytes}`);
  }
}

function isObject(value: JsonValue): value is ReadonlyMap<string, JsonValue> {
  return value instanceof Map;
}

function isCounts(value: JsonValue | undefined): value is readonly number[] {
  return Array.isArray(value) && value.every((each) => Number.isSafeInteger(each) && (each as number) >= 0);
}

function print(value: JsonValue | undefined): string {
  if (value instanceof Map) return 'an object';
  return value === undefined ? 'nothing' : JSON.stringify(value);
}
