// The decoder of JPEGs against Pillow: what is accepted must have its pixels to the bit, and what a crop before the damage,
// a view that is decoded at an eighth, and the whole are accepted or refused together.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { decodeImage } from '@dmnn/data';

/** Pixels of an image of which only the size is compared. */
const LARGE = 2 ** 24;
const fixtures = new URL('../../packages/data/src/fixtures/jpeg-kinds.json.gz', import.meta.url);

/** @param {{ widthPx: number, heightPx: number }} size @param {number} px of a square; 0: as it is */
const view = (size, px = 0, reducedDecoding = false) => {
  const resized = px === 0 ? size : { widthPx: px, heightPx: px };
  const window = { leftPx: 0, topPx: 0, ...resized };
  return { box: { leftPx: 0, topPx: 0, ...size }, resized, window, flipped: false, reducedDecoding };
};

/** The other views: the first pixel, the first rows, the whole at an eighth. */
const others = [
  () => view({ widthPx: 1, heightPx: 1 }),
  (/** @type {{ widthPx: number, heightPx: number }} */ { widthPx, heightPx }) =>
    view({ widthPx, heightPx: Math.ceil(heightPx / 3) }),
  (/** @type {{ widthPx: number, heightPx: number }} */ size) => view(size, 1, true),
];

/** Segments of the header: marker, start and end, as far as they can be followed. @param {Uint8Array} bytes */
function segments(bytes) {
  const found = [];
  for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff;) {
    const end = Math.min(bytes.length, at + 2 + bytes[at + 2] * 256 + bytes[at + 3]);
    found.push({ marker: bytes[at + 1], at, end });
    if (bytes[at + 1] === 0xda) break;
    at = end;
  }
  return found;
}
/** @param {Uint8Array} bytes */
const header = (bytes) => Math.min(bytes.length, segments(bytes).at(-1)?.end ?? 2);
/** @param {Uint8Array} bytes @param {number} from @param {number} to @param {Iterable<number>} piece */
const replaced = (bytes, from, to, piece) =>
  Uint8Array.from([...bytes.subarray(0, from), ...piece, ...bytes.subarray(Math.max(from, to))]);

const markers = [
  0xd9, 0xd9, 0xd0, 0xd1, 0xd3, 0xd7, 0xda, 0xd8, 0xc4, 0xdb, 0xdc, 0xdd, 0xe1, 0xfe, 0x01, 0x00, 0xff,
];

/** @type {import('./frame/target.mjs').Target} */
export default {
  bases: () =>
    JSON.parse(gunzipSync(readFileSync(fixtures)).toString()).map(
      (/** @type {{ name: string, file: string, refused?: string }} */ { name, file, refused }) => ({
        name,
        bytes: new Uint8Array(Buffer.from(file, 'base64')),
        refused: refused !== undefined,
      }),
    ),
  async read({ bytes, passed }) {
    const whole = await read(bytes, (size) => {
      passed();
      return size.widthPx * size.heightPx > LARGE ? view(size, 1) : view(size);
    });
    // a large image is read once: seconds
    for (const other of whole.value?.digest === '' ? [] : others) {
      const { error } = await read(bytes, other);
      if ((error === undefined) !== (whole.error === undefined))
        throw new Error(`a crop is ${error ? `refused (${error.message})` : 'accepted'}, but not the whole`);
    }
    if (whole.error) throw whole.error;
    return whole.value;
  },
  oracle: { file: 'jpeg.oracle.py', name: 'Pillow' },
  hot: (bytes) => [
    [0, header(bytes)],
    ...segments(bytes)
      .filter(({ marker }) => marker !== 0xdb && marker !== 0xc4)
      .map(({ at, end }) => /** @type {[number, number]} */ ([at, end])),
  ],
  changes: [
    // a marker in the data, or instead of some of it
    (bytes, random) => {
      const at = header(bytes) + random.below(Math.max(1, bytes.length - header(bytes)));
      return replaced(bytes, at, at + random.below(3), [0xff, random.pick(markers)]);
    },
    // the data end early, with and without the end marker
    (bytes, random) => {
      const at = header(bytes) + random.below(Math.max(1, bytes.length - header(bytes)));
      return replaced(bytes, at, bytes.length, random.chance(0.7) ? [0xff, 0xd9] : []);
    },
    // a part of the data is overwritten
    (bytes, random) => {
      const [first, last] = [header(bytes), bytes.length - (random.chance(0.5) ? 2 : 0)];
      const from = first + random.below(Math.max(1, last - first));
      return bytes
        .slice()
        .fill(random.pick([0, 0, 0xff, 0x55]), from, random.chance(0.5) ? last : from + random.below(100));
    },
    // segments are left out, doubled, exchanged, or come from another file
    (bytes, random, _, other) => {
      const [own, theirs] = [segments(bytes), segments(other)];
      if (own.length === 0 || theirs.length === 0) return bytes;
      const [one, foreign] = [random.pick(own), random.pick(theirs)];
      const piece = random.pick([
        new Uint8Array(),
        bytes.subarray(random.pick(own).at, random.pick(own).end),
        other.subarray(foreign.at, foreign.end),
      ]);
      return replaced(bytes, one.at, random.chance(0.5) ? one.at : one.end, piece);
    },
    // the data of one file under the header of another
    (bytes, _random, _, other) => replaced(bytes, header(bytes), bytes.length, other.subarray(header(other))),
    // a byte of the data
    (bytes, random) => {
      const result = bytes.slice();
      const at = header(bytes) + random.below(Math.max(1, bytes.length - header(bytes)));
      if (at < result.length) result[at] = random.below(256);
      return result;
    },
  ],
};

/** @param {Uint8Array} bytes @param {import('@dmnn/data').ViewOf} viewOf */
async function read(bytes, viewOf) {
  try {
    const { pixels, original } = await decodeImage(bytes, viewOf, 'mutated.jpg');
    const large = original.widthPx * original.heightPx > LARGE;
    return { value: { ...original, digest: large ? '' : createHash('sha256').update(pixels).digest('hex') } };
  } catch (error) {
    return { error: /** @type {Error} */ (error) };
  }
}
