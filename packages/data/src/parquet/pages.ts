import { checkCodec, decompress } from './decompress.js';
import type { ParquetChunk } from './footer.js';
import { ParquetProblem } from './parquet-error.js';
import { readRuns } from './runs.js';
import {
  EndOfBytes,
  type Read,
  anyStruct,
  boolean,
  integer,
  optional,
  readThrift,
  required,
  struct,
} from './thrift.js';
import { type ParquetValue, encodings, plainValues, readValues } from './values.js';
import { crc32 } from 'node:zlib';

/** What precedes the data of a page, as far as it is used. */
interface PageHeader {
  readonly type: number;
  readonly unpackedSize: number;
  readonly size: number;
  /** CRC-32 of its data as stored. */
  readonly checksum: number | undefined;
  readonly data:
    { readonly values: number; readonly encoding: number; readonly definitionEncoding: number } | undefined;
  readonly dictionary: { readonly values: number; readonly encoding: number } | undefined;
  readonly data2:
    | {
        readonly values: number;
        readonly nulls: number;
        readonly rows: number;
        readonly encoding: number;
        readonly definitionSize: number;
        readonly repetitionSize: number;
        readonly compressed: boolean | undefined;
      }
    | undefined;
}

const pageHeader: Read<PageHeader> = struct({
  type: required(1, integer),
  unpackedSize: required(2, integer),
  size: required(3, integer),
  checksum: optional(4, integer),
  data: optional(
    5,
    struct({
      values: required(1, integer),
      encoding: required(2, integer),
      definitionEncoding: required(3, integer),
      repetitionEncoding: required(4, integer),
      statistics: optional(5, anyStruct),
    }),
  ),
  index: optional(6, anyStruct),
  dictionary: optional(
    7,
    struct({ values: required(1, integer), encoding: required(2, integer), sorted: optional(3, boolean) }),
  ),
  data2: optional(
    8,
    struct({
      values: required(1, integer),
      nulls: required(2, integer),
      rows: required(3, integer),
      encoding: required(4, integer),
      definitionSize: required(5, integer),
      repetitionSize: required(6, integer),
      compressed: optional(7, boolean),
      statistics: optional(8, anyStruct),
    }),
  ),
});

const DATA = 0;
const INDEX = 1;
const DICTIONARY = 2;
const DATA_2 = 3;

/** Reads bytes of a file. */
export type ReadRange = (start: number, end: number) => Promise<Uint8Array>;

/** A page of a chunk, found but not read. */
export interface PagePlace {
  readonly header: PageHeader;
  /** First byte of its data in the file. */
  readonly start: number;
  /** Its first row in the group, and the one after its last. */
  readonly firstRow: number;
  readonly endRow: number;
}

/** The pages of a chunk. */
export interface ChunkPages {
  readonly chunk: ParquetChunk;
  readonly dictionary: PagePlace | undefined;
  readonly data: readonly PagePlace[];
}

/** Enough for the header of most pages. */
const HEADER_BYTES = 1024;

/**
 * Finds the pages of a chunk by their headers; of the data, nothing is read.
 *
 * @throws ParquetProblem if a header is damaged, or the pages do not hold exactly the values of the chunk
 */
export async function findPages(read: ReadRange, chunk: ParquetChunk): Promise<ChunkPages> {
  checkCodec(chunk.codec);
  if (chunk.column.repetitionLevels > 0) {
    throw new ParquetProblem(`one value per row in column ${chunk.column.path.join('.')}`, 'lists');
  }
  const data: PagePlace[] = [];
  let dictionary: PagePlace | undefined;
  let at = chunk.start;
  let row = 0;
  while (row < chunk.values) {
    const { header, length } = await readHeader(read, at, chunk.end);
    const start = at + length;
    if (header.size < 0 || header.size > chunk.end - start || header.unpackedSize < 0) {
      throw new ParquetProblem(`a page within ${chunk.end - start} bytes`, `one of ${header.size}`);
    }
    at = start + header.size;
    if (header.type === INDEX) continue;
    if (header.type === DICTIONARY) {
      if (dictionary || data.length > 0)
        throw new ParquetProblem('one dictionary, before the data', 'another');
      dictionary = { header, start, firstRow: 0, endRow: 0 };
      continue;
    }
    const values = valuesOf(header);
    if (values < 0 || values > chunk.values - row) {
      throw new ParquetProblem(`${chunk.values} values in the pages of a column`, 'others');
    }
    data.push({ header, start, firstRow: row, endRow: row + values });
    row += values;
  }
  return { chunk, dictionary, data };
}

async function readHeader(
  read: ReadRange,
  at: number,
  end: number,
): Promise<{ readonly header: PageHeader; readonly length: number }> {
  for (let length = HEADER_BYTES; ; length *= 16) {
    const bytes = await read(at, Math.min(end, at + length));
    try {
      const { value, end: after } = readThrift(bytes, 0, pageHeader);
      return { header: value, length: after };
    } catch (error) {
      // statistics may hold whole images
      if (!(error instanceof EndOfBytes) || at + length >= end) throw error;
    }
  }
}

function valuesOf(header: PageHeader): number {
  if (header.type === DATA && header.data) return header.data.values;
  if (header.type === DATA_2 && header.data2) return header.data2.values;
  throw new ParquetProblem('a page of data', `one of type ${header.type} without its header`);
}

/** The values of a dictionary page. @throws ParquetProblem if it is damaged */
export async function readDictionary(
  read: ReadRange,
  { chunk, dictionary }: ChunkPages,
): Promise<readonly ParquetValue[] | undefined> {
  if (!dictionary) return undefined;
  const { header, start } = dictionary;
  const about = header.dictionary;
  if (!about || about.values < 0) throw new ParquetProblem('a dictionary page', 'one without its header');
  if (about.encoding !== encodings.plain && about.encoding !== encodings.plainDictionary) {
    throw new ParquetProblem('a plain dictionary', `encoding ${about.encoding}`);
  }
  const bytes = await decompress(await pageBytes(read, header, start), header.unpackedSize, chunk.codec);
  return plainValues(bytes, about.values, chunk.column);
}

/**
 * The values of a page, null where there is none.
 *
 * @throws ParquetProblem if it is damaged
 */
export async function readPage(
  read: ReadRange,
  { header, start }: PagePlace,
  chunk: ParquetChunk,
  dictionary: readonly ParquetValue[] | undefined,
): Promise<readonly (ParquetValue | null)[]> {
  const raw = await pageBytes(read, header, start);
  const { column, codec } = chunk;
  const levels = column.definitionLevels;
  if (header.data2 && header.type === DATA_2) {
    const { values, nulls, rows, encoding, definitionSize, repetitionSize, compressed = true } = header.data2;
    if (repetitionSize !== 0 || rows !== values) {
      throw new ParquetProblem('one value per row', `${repetitionSize} bytes of repetition levels`);
    }
    if (definitionSize < 0 || definitionSize > raw.length || definitionSize > header.unpackedSize) {
      throw new ParquetProblem(`levels within ${raw.length} bytes`, `${definitionSize}`);
    }
    const defined = definedAt(raw.subarray(0, definitionSize), levels, values);
    const packed = raw.subarray(definitionSize);
    const size = header.unpackedSize - definitionSize;
    const bytes = await decompress(packed, size, compressed ? codec : 0);
    const count = defined ? countOf(defined) : values;
    if (values - count !== nulls) throw new ParquetProblem(`${nulls} nulls`, `${values - count}`);
    return withNulls(readValues(bytes, encoding, count, column, dictionary), defined);
  }
  if (!header.data || header.type !== DATA) throw new ParquetProblem('a page of data', `type ${header.type}`);
  const { values, encoding, definitionEncoding } = header.data;
  let bytes = await decompress(raw, header.unpackedSize, codec);
  let defined: readonly boolean[] | undefined;
  if (levels > 0) {
    if (definitionEncoding !== encodings.runs) {
      throw new ParquetProblem('levels in runs', `encoding ${definitionEncoding}`);
    }
    const length = bytes.length < 4 ? -1 : new DataView(bytes.buffer, bytes.byteOffset).getInt32(0, true);
    if (length < 0 || length > bytes.length - 4) {
      throw new ParquetProblem(`levels within ${bytes.length} bytes`, `${length}`);
    }
    defined = definedAt(bytes.subarray(4, 4 + length), levels, values);
    bytes = bytes.subarray(4 + length);
  }
  const count = defined ? countOf(defined) : values;
  return withNulls(readValues(bytes, encoding, count, column, dictionary), defined);
}

async function pageBytes(read: ReadRange, header: PageHeader, start: number): Promise<Uint8Array> {
  const bytes = await read(start, start + header.size);
  if (header.checksum !== undefined && crc32(bytes) !== header.checksum >>> 0) {
    throw new ParquetProblem('a page with its checksum', 'another checksum: the file is damaged');
  }
  return bytes;
}

function definedAt(bytes: Uint8Array, levels: number, count: number): readonly boolean[] | undefined {
  if (levels === 0) return undefined;
  const read = readRuns(bytes, 32 - Math.clz32(levels), count, levels);
  return Array.from(read, (level) => level === levels);
}

function countOf(defined: readonly boolean[]): number {
  return defined.reduce((sum, each) => sum + (each ? 1 : 0), 0);
}

function withNulls(
  values: readonly ParquetValue[],
  defined: readonly boolean[] | undefined,
): readonly (ParquetValue | null)[] {
  if (!defined || values.length === defined.length) return values;
  let next = 0;
  return defined.map((here) => (here ? (values[next++] as ParquetValue) : null));
}
