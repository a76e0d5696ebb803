import { ParquetProblem } from './parquet-error.js';

/**
 * Unpacks numbers of a few bits, stored as runs of equal ones and packed groups of eight ("RLE/bit-packing hybrid").
 *
 * @param bits - of a number, 0 to 32
 * @param largest - what a number may be at most: a level, or the last entry of a dictionary
 * @throws ParquetProblem if there are fewer than `count`, or one is too large
 */
export function readRuns(bytes: Uint8Array, bits: number, count: number, largest: number): Int32Array {
  const values = new Int32Array(count);
  const width = Math.ceil(bits / 8);
  let at = 0;
  let done = 0;
  while (done < count) {
    const head = varint();
    const length = Math.min((head >>> 1) * (head & 1 ? 8 : 1), count - done);
    if (length === 0) throw new ParquetProblem('a run of levels or indices', 'an empty one');
    if (head & 1) {
      // groups are stored whole, also the last one
      if ((head >>> 1) * bits > bytes.length - at) throw tooFew();
      for (let i = 0; i < length; i++) values[done + i] = checked(packed(bytes, at, i * bits, bits));
      at += (head >>> 1) * bits;
    } else {
      if (width > bytes.length - at) throw tooFew();
      let value = 0;
      for (let i = 0; i < width; i++) value += (bytes[at++] as number) * 2 ** (8 * i);
      values.fill(checked(value), done, done + length);
    }
    done += length;
  }
  return values;

  function varint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const next = bytes[at++];
      if (next === undefined) throw tooFew();
      value += (next & 127) * 2 ** shift;
      if (next < 128) {
        if (value >= 2 ** 32) break;
        return value;
      }
    }
    throw new ParquetProblem('a run of levels or indices', 'a longer one than there can be');
  }

  function checked(value: number): number {
    if (value <= largest) return value;
    throw new ParquetProblem(`levels or indices up to ${largest}`, `${value}`);
  }

  function tooFew(): ParquetProblem {
    return new ParquetProblem(`${count} levels or indices`, `the end after ${done}`);
  }
}

/** A number of up to 32 bits, from its first bit on; the lowest bits of a byte come first. */
function packed(bytes: Uint8Array, from: number, firstBit: number, bits: number): number {
  let value = 0;
  let got = 0;
  let at = from + Math.floor(firstBit / 8);
  let skip = firstBit % 8;
  while (got < bits) {
    const take = Math.min(8 - skip, bits - got);
    value += (((bytes[at++] as number) >> skip) & ((1 << take) - 1)) * 2 ** got;
    got += take;
    skip = 0;
  }
  return value;
}
