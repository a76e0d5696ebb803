// The changes that every format gets: bits, bytes, numbers, and pieces that are removed, doubled, moved or come from
// another file.
/** @typedef {import('./random.mjs').Random} Random */
/** @typedef {(bytes: Uint8Array, random: Random, at: (random: Random) => number, other: Uint8Array) => Uint8Array} Change */

const BYTES = [0, 1, 2, 0x0a, 0x10, 0x20, 0x30, 0x40, 0x7f, 0x80, 0x81, 0xc0, 0xfe, 0xff];
const NUMBERS = [0, 1, -1, 2, 16, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 2 ** 31 - 1, -(2 ** 31)];

/** Half of the pieces are short. @param {Random} random @param {number} most */
const length = (random, most) =>
  1 + random.below(Math.max(1, random.chance(0.5) ? Math.min(most, 16) : most));

/** @param {Uint8Array} bytes @param {number} from @param {number} to @param {Uint8Array} piece */
function replaced(bytes, from, to, piece) {
  const result = new Uint8Array(from + piece.length + Math.max(0, bytes.length - to));
  result.set(bytes.subarray(0, from));
  result.set(piece, from);
  result.set(bytes.subarray(to), from + piece.length);
  return result;
}

/** @param {(byte: number, random: Random) => number} change @returns {Change} */
const oneByte = (change) => (bytes, random, at) => {
  if (bytes.length === 0) return bytes;
  const result = bytes.slice();
  const where = at(random);
  result[where] = change(result[where], random);
  return result;
};

/** @param {(view: DataView, where: number, random: Random) => void} write @returns {Change} */
const number = (write) => (bytes, random, at) => {
  if (bytes.length < 8) return bytes;
  const result = bytes.slice();
  write(new DataView(result.buffer), Math.min(at(random), bytes.length - 8), random);
  return result;
};

/** @type {readonly Change[]} */
export const changes = [
  oneByte((byte, random) => byte ^ (1 << random.below(8))),
  oneByte((byte, random) => byte ^ (1 << random.below(8))),
  oneByte((_, random) => random.below(256)),
  oneByte((_, random) => random.pick(BYTES)),
  oneByte((byte, random) => (byte + random.pick([1, -1, 2, -2])) & 255),
  number((view, where, random) => view.setInt32(where, random.pick(NUMBERS), true)),
  number((view, where, random) => view.setInt32(where, random.pick(NUMBERS), false)),
  number((view, where, random) => view.setInt16(where, random.pick(NUMBERS), random.chance(0.5))),
  number((view, where, random) => view.setBigInt64(where, BigInt(random.pick(NUMBERS)), random.chance(0.5))),
  number((view, where, random) =>
    view.setInt32(where, view.getInt32(where, true) + random.below(9) - 4, true),
  ),
  // removed, put in, overwritten, doubled, moved
  (bytes, random, at) => {
    const from = at(random);
    return replaced(bytes, from, from + length(random, bytes.length - from), new Uint8Array());
  },
  (bytes, random, at) => {
    const piece = Uint8Array.from({ length: length(random, 64) }, () => random.below(256));
    return replaced(bytes, at(random), at(random), piece);
  },
  (bytes, random, at) => {
    const from = at(random);
    return bytes.slice().fill(random.pick(BYTES), from, from + length(random, bytes.length - from));
  },
  (bytes, random, at) => {
    const from = at(random);
    return replaced(bytes, from, from, bytes.subarray(from, from + length(random, 512)));
  },
  (bytes, random, at) => {
    const [from, to] = [at(random), at(random)];
    return bytes.slice().copyWithin(to, from, from + length(random, 256));
  },
  // from another file, at its place and elsewhere
  (bytes, random, at, other) => {
    const from = Math.min(at(random), other.length);
    const piece = other.subarray(from, from + length(random, 256));
    return replaced(bytes, from, from + piece.length, piece);
  },
  (bytes, random, at, other) => {
    const from = at(random);
    const taken = random.below(other.length + 1);
    return replaced(bytes, from, from + random.below(64), other.subarray(taken, taken + length(random, 256)));
  },
  (bytes, random) => bytes.slice(0, random.below(bytes.length + 1)),
];
