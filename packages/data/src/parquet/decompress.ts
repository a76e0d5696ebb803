import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { decompressSnappy, decompressZstd } from 'hyparquet-compressors';
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

/**
 * Unpacks the bytes of a page.
 *
 * @param size - of the result, exactly
 * @throws ParquetProblem if they are damaged or have another size
 */
export function decompress(bytes: Uint8Array, size: number, codec: number): Uint8Array {
  checkCodec(codec);
  const name = codecs[codec] as string;
  if (size > bytes.length * (most[name] ?? 1) + 64) {
    throw new ParquetProblem(`a page that ${bytes.length} bytes of ${name} can hold`, `one of ${size} bytes`);
  }
  if (size === 0 && bytes.length === 0) return bytes;
  let unpacked: Uint8Array;
  try {
    unpacked = unpack(bytes, size, name);
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

function unpack(bytes: Uint8Array, size: number, name: string): Uint8Array {
  switch (name) {
    case 'snappy':
      if (snappySize(bytes) !== size)
        throw new ParquetProblem(`${size} bytes of snappy`, `${snappySize(bytes)}`);
      return decompressSnappy(bytes, size);
    case 'gzip':
      return gunzipSync(bytes, { maxOutputLength: size + 1 });
    case 'brotli':
      return brotliDecompressSync(bytes, { maxOutputLength: size + 1 });
    case 'zstd':
      return decompressZstd(bytes, new Uint8Array(size));
    case 'lz4':
      return unpackLz4Block(bytes, size);
    case 'lz4 (Hadoop)':
      return unpackHadoopLz4(bytes, size);
    default:
      return bytes;
  }
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
