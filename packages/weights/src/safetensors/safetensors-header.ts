import { BYTES_PER_ELEMENT, type ReadableDtype, isReadableDtype } from './safetensors-dtypes.js';
import { SafetensorsError } from './safetensors-error.js';
import { JsonError, type JsonValue, decodeUtf8, parseJsonMaps } from '@dmnn/foundation';

/** A tensor in the header; offsets are relative to the end of the header. */
export interface TensorEntry {
  readonly name: string;
  readonly dtype: ReadableDtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** Contents of a file's header. */
export interface SafetensorsHeader {
  readonly entries: readonly TensorEntry[];
  readonly metadata: ReadonlyMap<string, string>;
}

/**
 * Parses a header: JSON in UTF-8.
 *
 * @throws SafetensorsError if the bytes are not a header, or describe an impossible tensor
 */
export function parseSafetensorsHeader(bytes: Uint8Array): SafetensorsHeader {
  let metadata: ReadonlyMap<string, string> = new Map();
  const entries: TensorEntry[] = [];
  for (const [name, value] of parseObject(bytes)) {
    if (name === '__metadata__') metadata = parseMetadata(value);
    else entries.push(parseEntry(name, value));
  }
  return { entries, metadata };
}

function parseObject(bytes: Uint8Array): ReadonlyMap<string, JsonValue> {
  const text = decodeUtf8(bytes);
  if (text === undefined) throw new SafetensorsError('header-text', 'expected a header in UTF-8');
  if (!text.startsWith('{'))
    throw new SafetensorsError('header-text', `expected a header that begins with {`);
  let header: JsonValue;
  try {
    header = parseJsonMaps(text);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
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
  let size: number = BYTES_PER_ELEMENT[dtype];
  for (const length of shape) {
    size *= length;
    // checked after every factor, since a final zero would hide an overflow
    if (!Number.isSafeInteger(size))
      throw new SafetensorsError('shape', `${name}: its size overflows, got ${print(shape)}`);
  }
  if (end - begin !== size) {
    throw new SafetensorsError(
      'offsets',
      `${name}: expected ${size} bytes for ${dtype} ${print(shape)}, got ${end - begin} (${begin} to ${end})`,
    );
  }
  return { name, dtype, shape, begin, end };
}

function isObject(value: JsonValue): value is ReadonlyMap<string, JsonValue> {
  return value instanceof Map;
}

function isCounts(value: JsonValue | undefined): value is readonly number[] {
  return (
    Array.isArray(value) &&
    value.every((each) => Number.isSafeInteger(each) && !Object.is(each, -0) && (each as number) >= 0)
  );
}

function print(value: JsonValue | undefined): string {
  if (value instanceof Map) return 'an object';
  return value === undefined ? 'nothing' : JSON.stringify(value);
}
