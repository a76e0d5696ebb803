// Tar shards against Python's tarfile: the same images, bytes and classes.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { openImagenet } from '@dmnn/data';

const BLOCK = 512;
/** @type {Record<string, { gzip: string }>} */
const archives = JSON.parse(
  readFileSync(new URL('../../packages/data/src/fixtures/tar-archives.json', import.meta.url), 'utf8'),
);
/** Of these there is no image to compare; the others of the fixtures that are refused are bases too. */
const left = ['empty', 'gzip', 'bzip2', 'xz', 'zstd'];
const accepted = [
  ...['points in names of a class', 'points in keys', 'a shorter key', 'tiff', 'formats that are not read'],
  ...['class folders', 'a hard link', 'symbolic links', 'a folder named as an image', 'names in two parts'],
  ...['long names of GNU', 'long names of pax', 'values of several lines in pax', 'sizes in pax'],
  ...['names that are not UTF-8', 'sizes in binary', 'V7', 'files from 2038 on of GNU'],
  ...['times of access of GNU', 'another sparse member of GNU', 'another sparse member of pax'],
  ...['without an end', 'a volume name', 'names that begin with others'],
  ...['links and special files next to images'],
];

/** Offsets of what looks like a header. @param {Uint8Array} bytes */
const headers = (bytes) =>
  Array.from({ length: Math.floor(bytes.length / BLOCK) }, (_, i) => i * BLOCK).filter(
    (at) => bytes[at + 148] === 0x20 || (bytes[at + 148] >= 0x30 && bytes[at + 148] <= 0x37),
  );

/** @param {Uint8Array} bytes @param {number} at @param {string} text */
const written = (bytes, at, text) => {
  const result = bytes.slice();
  result.set(Buffer.from(text, 'latin1').subarray(0, Math.max(0, bytes.length - at)), at);
  return result;
};

const types = [
  '0',
  '\0',
  '1',
  '2',
  '3',
  '5',
  '6',
  '7',
  'g',
  'x',
  'X',
  'L',
  'K',
  'S',
  'D',
  'V',
  'M',
  'N',
  'A',
  'z',
];
const names = ['a.jpg', 'a.cls', 'a.png', '000000.jpg', '000000.cls', './a.jpg', '../a.jpg', '/a.jpg', 'a.jpg/', '._a.jpg', 'n01440764_1.JPEG', 'a.v0.jpg', 'a.json', 'n01440764/a.jpg', '', '.', '\xff.jpg']; // prettier-ignore
const sizes = ['00000000000\0', '00000000030\0', '00000001000\0', '00000001030 ', '77777777777\0', '           \0', '-0000000001\0', '0o000000030\0', '0000000 030\0', '00000000_30\0', '\x80\0\0\0\0\0\0\0\0\0\0\x18', '\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff', '000000000099']; // prettier-ignore
const magics = ['ustar\x0000', 'ustar  \0', 'ustar\0\0\0', '\0\0\0\0\0\0\0\0', 'USTAR\x0000'];
const lines = ['path=a.jpg\n', 'size=24\n', 'linkpath=a.jpg\n', 'path=\n', 'GNU.sparse.major=1\n', 'GNU.sparse.name=a.jpg\n', 'hdrcharset=BINARY\n', 'size=-1\n', 'size=1e3\n']; // prettier-ignore

/** A change of a header's field. @param {number} offset @param {string[]} values @returns {import('./frame/changes.mjs').Change} */
const field = (offset, values) => (bytes, random) => {
  const at = headers(bytes);
  return at.length === 0 ? bytes : written(bytes, random.pick(at) + offset, random.pick(values));
};

/** @type {import('./frame/target.mjs').Target} */
export default {
  bases: () =>
    Object.entries(archives)
      .filter(([name]) => !left.includes(name))
      .map(([name, { gzip }]) => ({
        name,
        bytes: new Uint8Array(gunzipSync(Buffer.from(gzip, 'base64'))),
        refused: !accepted.includes(name),
      })),
  async read({ bytes, write, passed }) {
    const path = write('train-00000.tar');
    if (headers(bytes)[0] === 0) passed();
    const files = await openImagenet(dirname(path), 'train');
    const images = [];
    for (let i = 0; i < files.size; i++) {
      const digest = createHash('sha256').update(await files.read(i)).digest('hex'); // prettier-ignore
      images.push([files.file(i).slice(path.length + 1), digest, files.label(i)]);
    }
    return { images };
  },
  oracle: { file: 'tar.oracle.py', name: "Python's tarfile" },
  hot: (bytes) => headers(bytes).flatMap((at) => /** @type {[number, number][]} */ ([[at, at + 20], [at + 100, at + 165], [at + 257, at + 265]])), // prettier-ignore
  changes: [
    field(156, types),
    field(156, types),
    field(
      0,
      names.map((name) => `${name}\0`),
    ),
    field(
      157,
      names.map((name) => `${name}\0`),
    ),
    field(124, sizes),
    field(257, magics),
    field(345, ['prefix\0', '15303057672\0', '\xff\0']),
    field(482, ['\x01', '\0']),
    // records of an extended header, with their length right or not
    (bytes, random) => {
      const at = headers(bytes);
      if (at.length === 0) return bytes;
      const line = random.pick(lines);
      const whole = `${line.length + 3 + random.below(2)} ${line}`;
      return written(bytes, random.pick(at) + BLOCK, whole);
    },
    // blocks that are removed, doubled, moved, zero
    (bytes, random) => {
      const blocks = Math.floor(bytes.length / BLOCK);
      const [from, to] = [random.below(blocks + 1) * BLOCK, random.below(blocks + 1) * BLOCK];
      return Uint8Array.from([...bytes.subarray(0, from), ...bytes.subarray(to)]);
    },
    (bytes, random, _, other) => {
      const from = random.below(Math.floor(other.length / BLOCK) + 1) * BLOCK;
      const to = random.below(Math.floor(bytes.length / BLOCK) + 1) * BLOCK;
      const piece = other.subarray(from, from + BLOCK * (1 + random.below(4)));
      return Uint8Array.from([...bytes.subarray(0, to), ...piece, ...bytes.subarray(to)]);
    },
    (bytes, random) => {
      const at = random.below(Math.floor(bytes.length / BLOCK) + 1) * BLOCK;
      return bytes.slice().fill(0, at, at + BLOCK * (1 + random.below(2)));
    },
  ],
  // the check sums of all headers
  repair: (bytes) => {
    const result = Buffer.from(bytes);
    for (const at of headers(bytes)) {
      if (at + BLOCK > result.length) continue;
      result.write('        ', at + 148, 'latin1');
      const sum = result.subarray(at, at + BLOCK).reduce((all, byte) => all + byte, 0);
      result.write(`${sum.toString(8).padStart(6, '0')}\0 `, at + 148, 'latin1');
    }
    return new Uint8Array(result);
  },
};
