import { ParquetProblem } from './parquet-error.js';

/**
 * Unpacks a block of LZ4, strictly: `hyparquet-compressors` has the same without checks, and fills up with zeros.
 *
 * @param size - of the result, exactly
 * @throws ParquetProblem if the block is damaged or has another size
 * @see https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md
 */
export function unpackLz4Block(input: Uint8Array, size: number): Uint8Array {
  const output = new Uint8Array(size);
  let from = 0;
  let to = 0;
  for (;;) {
    const token = byte();
    const literals = length(token >> 4);
    if (literals > input.length - from || literals > size - to) throw damaged();
    output.set(input.subarray(from, from + literals), to);
    from += literals;
    to += literals;
    if (from === input.length) break; // the last sequence is literals only
    const distance = byte() + 256 * byte();
    const matched = length(token & 15) + 4;
    if (distance === 0 || distance > to || matched > size - to) throw damaged();
    for (const end = to + matched; to < end; to++) output[to] = output[to - distance] as number;
  }
  if (to !== size) throw damaged();
  return output;

  function byte(): number {
    const value = input[from++];
    if (value === undefined) throw damaged();
    return value;
  }

  function length(nibble: number): number {
    let value = nibble;
    for (let more = nibble === 15 ? 255 : 0; more === 255; value += more) more = byte();
    return value;
  }

  function damaged(): ParquetProblem {
    return new ParquetProblem(`${size} bytes in a block of LZ4`, 'other data');
  }
}

/**
 * Unpacks LZ4 as older writers store it: with the sizes of the blocks, as Hadoop does, or as one block.
 *
 * @throws ParquetProblem as {@link unpackLz4Block}
 */
export function unpackHadoopLz4(input: Uint8Array, size: number): Uint8Array {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  const output = new Uint8Array(size);
  let from = 0;
  let to = 0;
  while (from + 8 <= input.length) {
    const [unpacked, packed] = [view.getUint32(from), view.getUint32(from + 4)];
    if (packed > input.length - from - 8 || unpacked > size - to) break;
    try {
      output.set(unpackLz4Block(input.subarray(from + 8, from + 8 + packed), unpacked), to);
    } catch {
      break; // it is not Hadoop's form
    }
    from += 8 + packed;
    to += unpacked;
  }
  return from === input.length && to === size ? output : unpackLz4Block(input, size);
}
