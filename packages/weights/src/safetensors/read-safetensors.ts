import {
  JsonError,
  type JsonValue,
  decodeUtf8,
  fileFormatOf,
  isWellFormed,
  parseJsonMaps,
  printable,
} from '@dmnn/foundation';
import {
  decodeTensor,
  BYTES_PER_ELEMENT,
  type ReadableDtype,
  isReadableDtype,
} from './safetensors-dtypes.js';
import { SafetensorsError, type SafetensorsFault } from './safetensors-error.js';
import type { WeightTensor, Weights } from '../weights.js';

// the reference implementation's limit
const LARGEST_HEADER_BYTES = 100_000_000;
const PREFIX_BYTES = 8;
const [QUOTE, BACKSLASH, BRACE] = [0x22, 0x5c, 0x7b];
/** Networks have thousands at most; 400,000 keep a reader busy for seconds. */
export const MOST_TENSORS = 100_000;

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
 * @param options - which file it is, for messages
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
export function readSafetensors(bytes: Uint8Array, options: ReadSafetensorsOptions = {}): Weights {
  return readSafetensorsFile(bytes, options).tensors;
}

/** Options of {@link readSafetensors}. */
export interface ReadSafetensorsOptions {
  /** Path of the file, for messages. */
  readonly file?: string | undefined;
}

/**
 * Like {@link readSafetensors}, with metadata and element types of the file.
 *
 * @throws SafetensorsError as {@link readSafetensors}
 */
export function readSafetensorsFile(
  bytes: Uint8Array,
  { file }: ReadSafetensorsOptions = {},
): SafetensorsFile {
  try {
    return readBytes(bytes);
  } catch (error) {
    if (!(error instanceof SafetensorsError)) throw error;
    const named = otherFormat(bytes, error.fault) ?? error;
    throw file === undefined ? named : named.inFile(file);
  }
}

/** The error for a file that is another than was meant: a Git LFS pointer, a page that was downloaded instead. */
function otherFormat(bytes: Uint8Array, fault: SafetensorsFault): SafetensorsError | undefined {
  const format = fileFormatOf(bytes);
  if (!format || format.kind === 'safetensors') return undefined;
  return new SafetensorsError(fault, `expected a safetensors file, got ${format.name}`);
}

function readBytes(bytes: Uint8Array): SafetensorsFile {
  const headerBytes = headerSize(bytes);
  const header = parseSafetensorsHeader(bytes.subarray(PREFIX_BYTES, PREFIX_BYTES + headerBytes));
  const data = bytes.subarray(PREFIX_BYTES + headerBytes);
  const entries = inOrder(header.entries);
  assertCovered(entries, data.length);

  const tensors = new Map<string, WeightTensor>();
  for (const { name, dtype, shape, begin, end } of entries) {
    tensors.set(name, decodeTensor(dtype, shape, data.subarray(begin, end)));
  }
  const dtypes = new Map(entries.map(({ name, dtype }) => [name, dtype]));
  return { tensors, metadata: header.metadata, dtypes };
}

/** Nearly every file is in order already; sorting the many tensors of a hostile one takes longer than all else. */
function inOrder(entries: readonly TensorEntry[]): readonly TensorEntry[] {
  const compare = (a: TensorEntry, b: TensorEntry): number => a.begin - b.begin || a.end - b.end;
  const isSorted = entries.every((entry, i) => i === 0 || compare(entries[i - 1] as TensorEntry, entry) <= 0);
  return isSorted ? entries : [...entries].sort(compare);
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
        `${brief(name)}: begins at ${begin}, inside the previous tensor, which ends at ${covered}`,
      );
    }
    if (begin > covered) {
      throw new SafetensorsError(
        'hole',
        `${brief(name)}: begins at ${begin}, but no tensor owns the bytes from ${covered}`,
      );
    }
    if (end > dataBytes) {
      throw new SafetensorsError(
        'truncated',
        `${brief(name)}: ends at ${end}, but there are only ${dataBytes} bytes`,
      );
    }
    covered = end;
  }
  if (covered !== dataBytes) {
    throw new SafetensorsError('trailing-bytes', `expected ${covered} bytes of data, got ${dataBytes}`);
  }
}

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
  const text = decodeUtf8(bytes);
  if (text === undefined) throw new SafetensorsError('header-text', 'expected a header in UTF-8');
  assertFewObjects(text);
  let metadata: ReadonlyMap<string, string> = new Map();
  const entries: TensorEntry[] = [];
  for (const [name, value] of parseObject(text)) {
    assertWellFormed(name);
    if (name === '__metadata__') metadata = parseMetadata(value);
    else entries.push(parseEntry(name, value));
  }
  if (entries.length > MOST_TENSORS) throw tooManyTensors(String(entries.length));
  assertPlainNumbers(text);
  return { entries, metadata };
}

function parseObject(text: string): ReadonlyMap<string, JsonValue> {
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

/** Before the header is parsed: each tensor is an object in the one that holds them. */
function assertFewObjects(text: string): void {
  let objects = -1; // not the outer one
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (quoted && code === BACKSLASH) at++;
    else if (code === QUOTE) quoted = !quoted;
    else if (!quoted && code === BRACE) objects++;
  }
  if (objects <= MOST_TENSORS + 1) return; // one for the metadata
  throw tooManyTensors(`about ${objects}`);
}

function tooManyTensors(got: string): SafetensorsError {
  return new SafetensorsError(
    'tensor-count',
    `header: expected at most ${MOST_TENSORS} tensors, got ${got}; split the file into shards if it is meant to be so`,
  );
}

/**
 * Lengths and offsets are integers; `1.0` and `1e0` are those of a writer that went wrong, and other readers refuse them.
 * `text` is JSON. By characters: a regular expression for strings needs a stack as long as the string.
 */
function assertPlainNumbers(text: string): void {
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string;
    if (quoted && character === '\\') at++;
    else if (character === '"') quoted = !quoted;
    else if (!quoted && (character === '.' || isExponent(text, at))) {
      const [before = ''] = /-?\d*$/.exec(text.slice(Math.max(0, at - 20), at)) ?? [];
      const [after = ''] = /^[\d.eE+-]*/.exec(text.slice(at, at + 20)) ?? [];
      throw new SafetensorsError(
        'header-json',
        `header: expected integers without fraction or exponent, got ${before}${after}`,
      );
    }
  }
}

/** Unlike the e of true and false. */
function isExponent(text: string, at: number): boolean {
  const isE = text[at] === 'e' || text[at] === 'E';
  return isE && /\d/.test(text[at - 1] ?? '');
}

/** Escapes can spell half a character, which no text in UTF-8 has. */
function assertWellFormed(text: string): void {
  if (isWellFormed(text)) return;
  const got = `an unpaired surrogate in ${brief(JSON.stringify(text))}`;
  throw new SafetensorsError('header-text', `header: expected well-formed text, got ${got}`);
}

function parseMetadata(value: JsonValue): ReadonlyMap<string, string> {
  if (!isObject(value)) throw new SafetensorsError('metadata', '__metadata__: expected an object of strings');
  const metadata = new Map<string, string>();
  for (const [key, text] of value) {
    assertWellFormed(key);
    if (typeof text !== 'string') {
      throw new SafetensorsError(
        'metadata',
        `__metadata__: expected a string for ${brief(key)}, got ${print(text)}`,
      );
    }
    assertWellFormed(text);
    metadata.set(key, text);
  }
  return metadata;
}

function parseEntry(name: string, value: JsonValue): TensorEntry {
  if (!isObject(value))
    throw new SafetensorsError('tensor-entry', `${brief(name)}: expected an object, got ${print(value)}`);
  const dtype = value.get('dtype');
  if (!isReadableDtype(dtype)) {
    const known = Object.keys(BYTES_PER_ELEMENT).join(', ');
    throw new SafetensorsError('dtype', `${brief(name)}: expected a dtype of ${known}, got ${print(dtype)}`);
  }
  const shape = value.get('shape');
  if (!isCounts(shape)) {
    throw new SafetensorsError(
      'shape',
      `${brief(name)}: expected a shape of whole numbers, got ${print(shape)}`,
    );
  }
  const offsets = value.get('data_offsets');
  if (!isCounts(offsets) || offsets.length !== 2) {
    throw new SafetensorsError('offsets', `${brief(name)}: expected two data_offsets, got ${print(offsets)}`);
  }
  for (const key of value.keys()) {
    if (key !== 'dtype' && key !== 'shape' && key !== 'data_offsets') {
      throw new SafetensorsError(
        'tensor-entry',
        `${brief(name)}: expected dtype, shape, data_offsets, got ${brief(key)}`,
      );
    }
  }
  const [begin, end] = offsets as readonly [number, number];
  let size: number = BYTES_PER_ELEMENT[dtype];
  for (const length of shape) {
    size *= length;
    // checked after every factor, since a final zero would hide an overflow
    if (!Number.isSafeInteger(size))
      throw new SafetensorsError('shape', `${brief(name)}: its size overflows, got ${print(shape)}`);
  }
  if (end - begin !== size) {
    throw new SafetensorsError(
      'offsets',
      `${brief(name)}: expected ${size} bytes for ${dtype} ${print(shape)}, got ${end - begin} (${begin} to ${end})`,
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
  return value === undefined ? 'nothing' : brief(JSON.stringify(value));
}

/** What comes from the file, for a message: it may have millions of characters. */
function brief(text: string): string {
  return printable(text, 100);
}
