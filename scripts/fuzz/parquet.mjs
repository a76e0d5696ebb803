// Parquet files of images against pyarrow.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { inflateSync } from 'node:zlib';
import { DataError, openImagenet } from '@dmnn/data';

const fixtures = new URL('../../packages/data/src/fixtures/parquet-cases.json', import.meta.url);

/** Where the footer begins. @param {Uint8Array} bytes */
function footerOf(bytes) {
  if (bytes.length < 12) return 0;
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(bytes.length - 8, true);
  return Math.max(0, bytes.length - 8 - length);
}

/** @type {import('./frame/target.mjs').Target} */
export default {
  bases() {
    const { read, refused } = JSON.parse(readFileSync(fixtures, 'utf8'));
    const bases = (/** @type {object} */ cases, refused = false) =>
      Object.entries(cases).map(([name, { file }]) => ({
        name,
        bytes: new Uint8Array(inflateSync(Buffer.from(file, 'base64'))),
        refused,
      }));
    return [...bases(read), ...bases(refused, true)];
  },
  async read({ write, passed }) {
    const path = write('train-00000.parquet');
    try {
      const files = await openImagenet(dirname(path), 'train');
      passed();
      const rows = Array.from({ length: files.size }, (_, row) => row);
      const images = [];
      for (const row of rows) images.push(digest(await files.read(row)));
      return { labels: rows.map((row) => files.label(row)), images };
    } catch (error) {
      // what lies in the data, not in the footer: a row, or a page of it
      if (error instanceof DataError && /record|page|levels|values|dictionary/.test(error.message)) passed();
      throw error;
    }
  },
  oracle: { file: 'parquet.oracle.py', name: 'pyarrow' },
  hot: (bytes) => [[footerOf(bytes), bytes.length]],
  changes: [
    // in the footer, a byte: lengths stay
    (bytes, random) => {
      const result = bytes.slice();
      const from = footerOf(bytes);
      result[from + random.below(Math.max(1, bytes.length - from))] ^= 1 << random.below(8);
      return result;
    },
    // in the data, a byte
    (bytes, random) => {
      const result = bytes.slice();
      const at = random.below(Math.max(1, footerOf(bytes)));
      result[at] = random.chance(0.5) ? result[at] ^ (1 << random.below(8)) : random.below(256);
      return result;
    },
    // a number of the footer by one: as a varint, signs are in the lowest bit
    (bytes, random) => {
      const result = bytes.slice();
      const from = footerOf(bytes);
      result[from + random.below(Math.max(1, bytes.length - from))] += random.pick([2, -2, 4, -4]);
      return result;
    },
  ],
  // the length of the footer, which most changes of it break: it begins with version 1 or 2, and the schema
  repair(bytes) {
    if (bytes.length < 12) return bytes;
    const result = bytes.slice();
    result.set(new TextEncoder().encode('PAR1'), 0);
    result.set(new TextEncoder().encode('PAR1'), result.length - 4);
    for (let at = result.length - 12; at > 4; at--) {
      if (result[at] !== 0x15 || result[at + 1] > 8 || result[at + 2] !== 0x19) continue;
      if ((result[at + 3] & 15) !== 12) continue;
      new DataView(result.buffer).setUint32(result.length - 8, result.length - 8 - at, true);
      if (at < result.length - 200) break; // others like it are within
    }
    return result;
  },
};

/** @param {Uint8Array} bytes */
const digest = (bytes) => createHash('sha256').update(bytes).digest('hex').slice(0, 16);
