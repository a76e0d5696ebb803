import { ParquetProblem } from './parquet-error.js';

const MOST_IN_BLOCK = 1 << 20;

/**
 * Unpacks integers stored as differences ("DELTA_BINARY_PACKED").
 *
 * @param bits - 32 or 64: the sums wrap around
 * @returns them, and the byte after them
 * @throws ParquetProblem if there are not `count` of them
 */
export function readDeltas(
  bytes: Uint8Array,
  from: number,
  count: number,
  bits: 32 | 64,
): { readonly values: BigInt64Array; readonly end: number } {
  let at = from;
  const blockSize = small('a block of deltas', MOST_IN_BLOCK);
  const minis = small('parts of a block', blockSize);
  const total = small('deltas', 2 ** 31 - 1);
  if (minis === 0 || blockSize % 128 !== 0 || blockSize % minis !== 0 || (blockSize / minis) % 32 !== 0) {
    throw new ParquetProblem('blocks of deltas', `${blockSize} in ${minis}`);
  }
  if (total !== count) throw new ParquetProblem(`${count} deltas`, `${total}`);
  const values = new BigInt64Array(count);
  let value = wrapped(zigZag());
  if (count > 0) values[0] = value;
  const perMini = blockSize / minis;
  for (let done = 1; done < count;) {
    const least = zigZag();
    const widths = take(minis);
    for (const width of widths) {
      if (done >= count) break;
      if (width > bits) throw new ParquetProblem(`deltas of at most ${bits} bits`, `${width}`);
      const packed = take((perMini * width) / 8);
      let bit = 0;
      for (let i = 0; i < perMini && done < count; i++, bit += width) {
        value = wrapped(value + least + number(packed, bit, width));
        values[done++] = value;
      }
    }
  }
  return { values, end: at };

  function take(length: number): Uint8Array {
    if (length > bytes.length - at) throw new ParquetProblem(`${count} deltas`, 'fewer');
    at += length;
    return bytes.subarray(at - length, at);
  }

  function varint(): bigint {
    let result = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const [next = 0] = take(1);
      result |= BigInt(next & 127) << shift;
      if (next < 128) return BigInt.asUintN(64, result);
    }
    throw new ParquetProblem('a delta', 'a longer number');
  }

  function zigZag(): bigint {
    const coded = varint();
    return (coded >> 1n) ^ -(coded & 1n);
  }

  function small(what: string, most: number): number {
    const read = varint();
    if (read > BigInt(most)) throw new ParquetProblem(`${what}: at most ${most}`, `${read}`);
    return Number(read);
  }

  function wrapped(sum: bigint): bigint {
    return BigInt.asIntN(bits, sum);
  }
}

function number(bytes: Uint8Array, firstBit: number, bits: number): bigint {
  let value = 0n;
  let got = 0;
  let at = firstBit >> 3;
  let skip = firstBit & 7;
  while (got < bits) {
    const taken = Math.min(8 - skip, bits - got);
    value |= BigInt(((bytes[at++] as number) >> skip) & ((1 << taken) - 1)) << BigInt(got);
    got += taken;
    skip = 0;
  }
  return value;
}
