/** A header of a tar archive, before extended headers are applied. */
export interface TarHeader {
  /** The type flag: `0` for a file; `\0` is given as `0`. */
  readonly type: string;
  readonly name: string;
  /** Of a link: its target. */
  readonly linkName: string;
  /** Bytes of content. */
  readonly size: number;
  /** Of an old GNU sparse member: whether a block with more of its map follows. */
  readonly mapContinues: boolean;
}

/** Bytes of a header, and what contents are padded to. */
export const BLOCK = 512;

/** Numbers that a reader might stumble over, though only the size matters here. */
const otherNumbers = { mode: [100, 108], uid: [108, 116], gid: [116, 124], mtime: [136, 148], devmajor: [329, 337], devminor: [337, 345] } as const; // prettier-ignore

/**
 * Parses a header of the V7, POSIX (`ustar`) and GNU formats. Whatever two readers might take for different things is
 * refused.
 *
 * @param block - 512 bytes, not all zero
 * @returns what is wrong with it, as `[expected, got]`, if it is invalid
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13_06
 */
export function parseTarHeader(block: Buffer): TarHeader | readonly [expected: string, got: string] {
  const checksum = numberIn(block, 148, 156);
  if (checksum === undefined || !checksumsOf(block).includes(checksum)) {
    return ["a tar header's checksum", 'another one'];
  }
  const size = numberIn(block, 124, 136);
  if (size === undefined || size < 0) return ['the size of a member', 'no number'];
  for (const [field, [from, to]] of Object.entries(otherNumbers)) {
    if (numberIn(block, from, to) === undefined) return [`the ${field} of a member`, 'no number'];
  }
  const magic = block.toString('latin1', 257, 265);
  const isPosix = magic.startsWith('ustar\0');
  const isGnu = magic.startsWith('ustar ');
  const prefix = textIn(block, 345, 500);
  if (!isPosix && !isGnu && prefix !== '') {
    return ['a tar header of the V7, POSIX or GNU format', `one marked ${JSON.stringify(magic)}`];
  }
  if (magic.startsWith('ustar') && !isPosix && !isGnu) {
    return ['a tar header of the V7, POSIX or GNU format', `one marked ${JSON.stringify(magic)}`];
  }
  const name = textIn(block, 0, 100);
  const type = block.toString('latin1', 156, 157);
  if (type === 'S' && numberIn(block, 483, 495) === undefined) {
    return ['the size of a sparse member', 'no number'];
  }
  return {
    // a folder of the V7 format is a file with a slash at its end
    type: type !== '\0' ? type : name.endsWith('/') ? '5' : '0',
    name: isPosix && prefix !== '' ? `${prefix}/${name}` : name,
    linkName: textIn(block, 157, 257),
    size,
    mapContinues: type === 'S' && block[482] !== 0,
  };
}

/** Whether a block is all zero: two of them end an archive. */
export function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

/** A name of UTF-8; bytes that are not are written as `\xff`, so that different names stay different. */
export function nameOf(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = buffer.toString('utf8');
  if (Buffer.from(text, 'utf8').equals(buffer)) return text;
  return buffer
    .toString('latin1')
    .replace(/[\x80-\xff]/g, (character) => `\\x${character.charCodeAt(0).toString(16)}`);
}

/** The bytes up to the first zero. */
export function untilZero(bytes: Uint8Array): Uint8Array {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}

function textIn(block: Buffer, from: number, to: number): string {
  return nameOf(untilZero(block.subarray(from, to)));
}

/** An octal number in text, or a binary one after a first byte of 0x80 (or 0xff: negative). Blank is 0. */
export function numberIn(block: Buffer, from: number, to: number): number | undefined {
  const [first] = block.subarray(from, from + 1);
  if (first === 0x80 || first === 0xff) {
    let number = first === 0xff ? -1 : 0;
    for (const byte of block.subarray(from + 1, to)) number = number * 256 + byte;
    return Number.isSafeInteger(number) ? number : undefined;
  }
  const text = untilZero(block.subarray(from, to)).reduce((all, byte) => all + String.fromCharCode(byte), '');
  const digits = /^ *([0-7]*) *$/.exec(text)?.[1];
  return digits === undefined ? undefined : digits === '' ? 0 : parseInt(digits, 8);
}

/** The sum of all bytes, its own eight as spaces; of signed bytes too, as some old writers computed it. */
function checksumsOf(block: Buffer): [unsigned: number, signed: number] {
  let [unsigned, signed] = [8 * 32, 8 * 32];
  for (let at = 0; at < BLOCK; at++) {
    if (at >= 148 && at < 156) continue;
    unsigned += block.readUInt8(at);
    signed += block.readInt8(at);
  }
  return [unsigned, signed];
}
