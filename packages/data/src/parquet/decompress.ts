import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { snappyUncompressor } from 'hysnappy';
import { ZSTDDecoder } from 'zstddec';
import { unpackHadoopLz4, unpackLz4Block } from './lz4.js';
import { ParquetProblem } from './parquet-error.js';

/** By the numbers of the format. */
const codecs = ['uncompressed', 'snappy', 'gzip', 'lzo', 'brotli', 'lz4 (Hadoop)', 'zstd', 'lz4'] as const;

/** How many times larger data can become: a page that claims more is damaged, and no memory is taken for it. */
const most: { readonly [codec: string]: number } = {
  snappy: 32,
  gzip: 1100,
  'lz4 (Hadoop)': 256,
  lz4: 256,
  zstd: 50_000,
  brotli: 1_000_000,
};

/** Of a page: far more than writers put into one, and less than what memory cannot hold. */
const LARGEST = 2 ** 30;

/** @throws ParquetProblem that names the codec, if it is not read */
export function checkCodec(codec: number): void {
  const name = codecs[codec];
  if (name !== undefined && name !== 'lzo') return;
  throw new ParquetProblem(
    'the codec none, snappy, gzip, brotli, zstd or lz4',
    name ?? `an unknown codec (number ${codec})`,
    'Write the file with one of these, such as pyarrow.parquet.write_table(table, path, compression="zstd").',
  );
}

/** One instance of each WebAssembly module per thread. */
let snappy: ReturnType<typeof snappyUncompressor> | undefined;
let zstd: Promise<ZSTDDecoder> | undefined;

async function loadZstd(): Promise<ZSTDDecoder> {
  const decoder = new ZSTDDecoder();
  await decoder.init();
  return decoder;
}

/**
 * Unpacks the bytes of a page.
 *
 * @param size - of the result, exactly
 * @throws ParquetProblem if they are damaged or have another size
 */
export async function decompress(bytes: Uint8Array, size: number, codec: number): Promise<Uint8Array> {
  checkCodec(codec);
  const name = codecs[codec] as string;
  if (size > bytes.length * (most[name] ?? 1) + 64) {
    throw new ParquetProblem(`a page that ${bytes.length} bytes of ${name} can hold`, `one of ${size} bytes`);
  }
  if (size > LARGEST) throw new ParquetProblem(`a page of at most ${LARGEST} bytes`, `${size}`);
  if (size === 0 && bytes.length === 0) return bytes;
  let unpacked: Uint8Array;
  try {
    unpacked = await unpack(bytes, size, name);
  } catch (cause) {
    if (cause instanceof ParquetProblem) throw cause;
    const problem = new ParquetProblem(
      `data of ${name}`,
      cause instanceof Error ? cause.message : String(cause),
    );
    problem.cause = cause;
    throw problem;
  }
  if (unpacked.length === size) return unpacked;
  throw new ParquetProblem(`a page of ${size} bytes`, `${unpacked.length}`);
}

async function unpack(bytes: Uint8Array, size: number, name: string): Promise<Uint8Array> {
  switch (name) {
    case 'snappy':
      if (snappySize(bytes) !== size)
        throw new ParquetProblem(`${size} bytes of snappy`, `${snappySize(bytes)}`);
      return (snappy ??= snappyUncompressor())(bytes, size);
    case 'gzip':
      return gunzipSync(bytes, { maxOutputLength: size + 1 });
    case 'brotli':
      return brotliDecompressSync(bytes, { maxOutputLength: size + 1 });
    case 'zstd':
      if ((zstdSize(bytes) ?? size) !== size)
        throw new ParquetProblem(`${size} bytes of zstd`, `${zstdSize(bytes)}`);
      // a refusal is a result of 0 bytes
      return (await (zstd ??= loadZstd())).decode(bytes, size);
    case 'lz4':
      return unpackLz4Block(bytes, size);
    case 'lz4 (Hadoop)':
      return unpackHadoopLz4(bytes, size);
    default:
      return bytes;
  }
}

/** The size of the result that a zstd frame begins with; undefined if it does not say. @see RFC 8878 §3.1.1.1 */
function zstdSize(bytes: Uint8Array): number | undefined {
  const head = bytes[4] ?? 0;
  const single = (head >> 5) & 1;
  const length = head >> 6 === 0 ? single : 2 ** (head >> 6);
  if (length === 0) return undefined;
  const from = 5 + (1 - single) + ([0, 1, 2, 4][head & 3] as number);
  let size = length === 2 ? 256 : 0;
  for (let i = 0; i < length; i++) size += (bytes[from + i] ?? 0) * 2 ** (8 * i);
  return size;
}

/** The size that snappy data begin with. */
function snappySize(bytes: Uint8Array): number {
  let size = 0;
  for (let i = 0; i < 5; i++) {
    const byte = bytes[i] ?? 0;
    size += (byte & 127) * 2 ** (7 * i);
    if (byte < 128) return size;
  }
  return -1;
}
