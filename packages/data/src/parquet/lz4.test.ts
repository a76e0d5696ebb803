import { describe, expect, it } from 'vitest';
import { unpackHadoopLz4, unpackLz4Block } from './lz4.js';

// python3 -c "import pyarrow as pa; print(pa.Codec('lz4_raw').compress(b'photograph ' * 12 + b'of a tench', asbytes=True))"
const block = Buffer.from('v3Bob3RvZ3JhcGggCwBmoG9mIGEgdGVuY2g=', 'base64');
const text = `${'photograph '.repeat(12)}of a tench`;

/** As Hadoop writes a block: its size unpacked and packed, before it. */
function hadoop(packed: Uint8Array, size: number): Buffer {
  const sizes = Buffer.alloc(8);
  sizes.writeUInt32BE(size, 0);
  sizes.writeUInt32BE(packed.length, 4);
  return Buffer.concat([sizes, packed]);
}

describe('unpackLz4Block', () => {
  it('unpacks a block', () => {
    expect(Buffer.from(unpackLz4Block(block, text.length)).toString()).toBe(text);
  });

  it('refuses another size, an end that is too early, and matches from before the start', () => {
    expect(() => unpackLz4Block(block, text.length - 1)).toThrow('block of LZ4');
    expect(() => unpackLz4Block(block, text.length + 1)).toThrow('block of LZ4');
    for (let length = 0; length < block.length; length++) {
      expect(() => unpackLz4Block(block.subarray(0, length), text.length)).toThrow('block of LZ4');
    }
    const distance = Buffer.from(block);
    distance[block.indexOf(0x0b)] = 200;
    expect(() => unpackLz4Block(distance, text.length)).toThrow('block of LZ4');
  });
});

describe('unpackHadoopLz4', () => {
  it('unpacks one block or several with their sizes, and one without', () => {
    const one = hadoop(block, text.length);
    expect(Buffer.from(unpackHadoopLz4(one, text.length)).toString()).toBe(text);
    const two = Buffer.concat([one, one]);
    expect(Buffer.from(unpackHadoopLz4(two, 2 * text.length)).toString()).toBe(text + text);
    expect(Buffer.from(unpackHadoopLz4(block, text.length)).toString()).toBe(text);
  });

  it('refuses sizes that are wrong', () => {
    expect(() => unpackHadoopLz4(hadoop(block, text.length), text.length + 1)).toThrow('block of LZ4');
    expect(() => unpackHadoopLz4(hadoop(block, text.length - 1), text.length)).toThrow('block of LZ4');
  });
});
