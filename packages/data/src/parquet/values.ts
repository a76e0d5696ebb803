import { readDeltas } from './deltas.js';
import type { ParquetColumn } from './footer.js';
import { ParquetProblem } from './parquet-error.js';
import { readRuns } from './runs.js';

/** A value of a column, as it is stored: integers of 64 bits are bigints, texts are bytes. */
export type ParquetValue = number | bigint | boolean | Uint8Array;

/** How values are encoded, by the numbers of the format. */
export const encodings = {
  plain: 0,
  plainDictionary: 2,
  runs: 3,
  bitPacked: 4,
  deltaBinary: 5,
  deltaLength: 6,
  deltaBytes: 7,
  dictionary: 8,
  split: 9,
} as const;

/**
 * Decodes the values of a page, nulls left out.
 *
 * @param dictionary - of the chunk, if there is one
 * @throws ParquetProblem if there are fewer than `count`, or the encoding is not one of this type
 */
export function readValues(
  bytes: Uint8Array,
  encoding: number,
  count: number,
  column: Pick<ParquetColumn, 'type' | 'typeLength'>,
  dictionary: readonly ParquetValue[] | undefined,
): readonly ParquetValue[] {
  const { type } = column;
  switch (encoding) {
    case encodings.plain:
      return plainValues(bytes, count, column);
    case encodings.plainDictionary:
    case encodings.dictionary:
      return dictionaryValues(bytes, count, dictionary);
    case encodings.runs:
      if (type === 'BOOLEAN') return booleanRuns(bytes, count);
      break;
    case encodings.deltaBinary:
      if (type === 'INT32') return [...readDeltas(bytes, 0, count, 32).values].map(Number);
      if (type === 'INT64') return [...readDeltas(bytes, 0, count, 64).values];
      break;
    case encodings.deltaLength:
      if (type === 'BYTE_ARRAY') return lengthsThenBytes(bytes, count);
      break;
    case encodings.deltaBytes:
      if (type === 'BYTE_ARRAY') return prefixesThenBytes(bytes, count);
      break;
    case encodings.split:
      return splitValues(bytes, count, column);
  }
  throw new ParquetProblem(`an encoding of ${type} that is read`, `number ${encoding}`);
}

function dictionaryValues(
  bytes: Uint8Array,
  count: number,
  dictionary: readonly ParquetValue[] | undefined,
): readonly ParquetValue[] {
  if (!dictionary) throw new ParquetProblem('a dictionary', 'none');
  if (count === 0) return [];
  const bits = bytes[0] ?? 33;
  if (bits > 32)
    throw new ParquetProblem('indices of at most 32 bits', bytes.length === 0 ? 'none' : `${bits}`);
  const indices = readRuns(bytes.subarray(1), bits, count, dictionary.length - 1);
  return Array.from(indices, (index) => dictionary[index] as ParquetValue);
}

function booleanRuns(bytes: Uint8Array, count: number): boolean[] {
  const view = viewOf(bytes);
  if (bytes.length < 4 || view.getUint32(0, true) > bytes.length - 4) throw tooFew(count);
  const runs = readRuns(bytes.subarray(4, 4 + view.getUint32(0, true)), 1, count, 1);
  return Array.from(runs, (bit) => bit === 1);
}

/** Values one after the other: how dictionaries are stored, too. */
export function plainValues(
  bytes: Uint8Array,
  count: number,
  { type, typeLength }: Pick<ParquetColumn, 'type' | 'typeLength'>,
): readonly ParquetValue[] {
  const view = viewOf(bytes);
  const fixed = (length: number): void => {
    if (count * length > bytes.length) throw tooFew(count);
  };
  const each = (read: (index: number) => ParquetValue): ParquetValue[] =>
    Array.from({ length: count }, (_, i) => read(i));
  switch (type) {
    case 'BOOLEAN':
      fixed(1 / 8);
      return each((i) => (((bytes[i >> 3] as number) >> (i & 7)) & 1) === 1);
    case 'INT32':
      fixed(4);
      return each((i) => view.getInt32(4 * i, true));
    case 'INT64':
      fixed(8);
      return each((i) => view.getBigInt64(8 * i, true));
    case 'FLOAT':
      fixed(4);
      return each((i) => view.getFloat32(4 * i, true));
    case 'DOUBLE':
      fixed(8);
      return each((i) => view.getFloat64(8 * i, true));
    case 'INT96':
    case 'FIXED_LEN_BYTE_ARRAY': {
      const length = type === 'INT96' ? 12 : typeLength;
      fixed(length);
      return each((i) => bytes.subarray(length * i, length * (i + 1)));
    }
    case 'BYTE_ARRAY': {
      fixed(4);
      let at = 0;
      return each(() => {
        const length = at + 4 <= bytes.length ? view.getUint32(at, true) : Infinity;
        if (length > bytes.length - at - 4) throw tooFew(count);
        at += 4 + length;
        return bytes.subarray(at - length, at);
      });
    }
  }
}

function lengthsThenBytes(bytes: Uint8Array, count: number): Uint8Array[] {
  const { values: lengths, end } = readDeltas(bytes, 0, count, 32);
  return cut(bytes, end, lengths);
}

/** Each value begins with so many bytes of the one before it. */
function prefixesThenBytes(bytes: Uint8Array, count: number): Uint8Array[] {
  const { values: prefixes, end } = readDeltas(bytes, 0, count, 32);
  const { values: lengths, end: start } = readDeltas(bytes, end, count, 32);
  const suffixes = cut(bytes, start, lengths);
  let before = new Uint8Array();
  let room = 64 * bytes.length + 2 ** 20; // a hostile page would repeat a long prefix
  return suffixes.map((suffix, i) => {
    const prefix = Number(prefixes[i]);
    if (prefix < 0 || prefix > before.length)
      throw new ParquetProblem(`a prefix of at most ${before.length}`, `${prefix}`);
    const value = new Uint8Array(prefix + suffix.length);
    room -= value.length;
    if (room < 0) throw new ParquetProblem('values of about the size of the page', 'far larger ones');
    value.set(before.subarray(0, prefix));
    value.set(suffix, prefix);
    before = value;
    return value;
  });
}

function cut(bytes: Uint8Array, from: number, lengths: BigInt64Array): Uint8Array[] {
  let at = from;
  return Array.from(lengths, (length) => {
    if (length < 0n || length > BigInt(bytes.length - at)) throw tooFew(lengths.length);
    at += Number(length);
    return bytes.subarray(at - Number(length), at);
  });
}

/** All first bytes of the values, then all second ones, … */
function splitValues(
  bytes: Uint8Array,
  count: number,
  column: Pick<ParquetColumn, 'type' | 'typeLength'>,
): readonly ParquetValue[] {
  const widths: { readonly [type: string]: number } = { INT32: 4, INT64: 8, FLOAT: 4, DOUBLE: 8 };
  const width = column.type === 'FIXED_LEN_BYTE_ARRAY' ? column.typeLength : widths[column.type];
  if (width === undefined) throw new ParquetProblem('numbers for split bytes', column.type);
  if (count * width > bytes.length) throw tooFew(count);
  const stride = bytes.length / width;
  if (!Number.isInteger(stride)) throw new ParquetProblem(`a multiple of ${width} bytes`, `${bytes.length}`);
  const joined = new Uint8Array(count * width);
  for (let i = 0; i < count; i++)
    for (let b = 0; b < width; b++) joined[i * width + b] = bytes[b * stride + i] as number;
  return plainValues(joined, count, column);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function tooFew(count: number): ParquetProblem {
  return new ParquetProblem(`${count} values in a page`, 'fewer');
}
