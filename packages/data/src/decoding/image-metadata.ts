import { DecoderFailure } from './decoder-module.js';

/** Metadata before the first scan of a JPEG. */
interface JpegHeader {
  /** EXIF data, joined if it is spread over several segments: a TIFF structure. */
  readonly exif?: Uint8Array;
  /** The last XMP packet: XML. */
  readonly xmp?: Uint8Array;
}

const MARKER = 0xff;
const APPLICATION_1 = 0xe1;

/**
 * Reads the segments of a JPEG up to its first scan, as Pillow does: what it refuses here is refused, though libjpeg
 * passes over it.
 *
 * @throws DecoderFailure if the header is damaged, or of a kind that is not read.
 */
export function readJpegHeader(bytes: Uint8Array): JpegHeader {
  const exif: Uint8Array[] = [];
  let xmp: Uint8Array | undefined;
  if (bytes[2] !== MARKER) throw beginning(bytes);
  let at = 2;
  for (;;) {
    // whatever stands between segments is passed over; a marker may be padded
    while (at < bytes.length && bytes[at] !== MARKER) at++;
    while (at < bytes.length && bytes[at] === MARKER) at++;
    const marker = bytes[at++];
    if (marker === undefined) throw new DecoderFailure('truncated', 'no scan');
    if (marker === 0) continue;
    if (marker < 0xc0) throw new DecoderFailure('damaged', `unknown marker 0x${marker.toString(16)}`);
    if (!hasSegment(marker)) continue;
    const segment = segmentAt(bytes, at);
    if (isFrame(marker)) assertFrame(marker, segment);
    const known = longer.find((one) => one.marker === marker && beginsWith(segment, one.name));
    if (known && segment.length < known.least)
      throw new DecoderFailure('damaged', `${known.what} is cut off`);
    if (marker === START_OF_SCAN)
      return { ...(exif.length > 0 ? { exif: joined(exif) } : {}), ...(xmp ? { xmp } : {}) };
    if (marker === APPLICATION_1 && beginsWith(segment, exifName))
      exif.push(segment.subarray(exifName.length));
    if (marker === APPLICATION_1 && beginsWith(segment, xmpName)) xmp = segment.subarray(xmpName.length);
    at += 2 + segment.length;
  }
}

const START_OF_SCAN = 0xda;
/** Segments of which Pillow refuses shorter ones. */
const longer = [
  { marker: 0xe0, name: new TextEncoder().encode('JFIF'), least: 7, what: 'the JFIF segment' },
  { marker: 0xe2, name: new TextEncoder().encode('ICC_PROFILE\0'), least: 14, what: 'a colour profile' },
  { marker: 0xee, name: new TextEncoder().encode('Adobe'), least: 7, what: "Adobe's segment" },
];
const exifName = new TextEncoder().encode('Exif\0\0');
const xmpName = new TextEncoder().encode('http://ns.adobe.com/xap/1.0/\0');

function beginning(bytes: Uint8Array): DecoderFailure {
  return bytes.length < 3
    ? new DecoderFailure('truncated', 'no marker')
    : new DecoderFailure('damaged', `0x${bytes[2]?.toString(16)} after the first marker`);
}

/** Restarts, the start and the end of an image, and extensions stand alone. */
function hasSegment(marker: number): boolean {
  return marker !== 0xc8 && !(marker >= 0xd0 && marker <= 0xd9) && !(marker >= 0xf0 && marker <= 0xfd);
}

function segmentAt(bytes: Uint8Array, at: number): Uint8Array {
  if (at + 2 > bytes.length) throw new DecoderFailure('truncated', 'no length');
  const length = Math.max(0, (bytes[at] as number) * 256 + (bytes[at + 1] as number) - 2);
  if (at + 2 + length > bytes.length) throw new DecoderFailure('truncated', 'a segment is cut off');
  return bytes.subarray(at + 2, at + 2 + length);
}

/** Start of a frame: baseline, progressive, arithmetic, lossless …, but not the tables among its numbers. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

function assertFrame(marker: number, segment: Uint8Array): void {
  if (marker === 0xc3 || marker === 0xcb) throw new DecoderFailure('kind', 'a lossless one');
  if (marker > 0xc3 && marker !== 0xc9 && marker !== 0xca)
    throw new DecoderFailure('kind', 'a hierarchical one');
  const [bits, , , , , components] = segment;
  if (bits !== undefined && bits !== 8) throw new DecoderFailure('kind', `${bits} bits for each sample`);
  if (components === undefined) throw new DecoderFailure('damaged', 'a frame header is cut off');
  if (![1, 3, 4].includes(components)) throw new DecoderFailure('kind', `${components} components`);
}

function beginsWith(segment: Uint8Array, name: Uint8Array): boolean {
  return segment.length >= name.length && name.every((byte, i) => segment[i] === byte);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return parts.length === 1 ? (parts[0] as Uint8Array) : new Uint8Array(Buffer.concat(parts));
}

/** Orientation of an image's rows and columns in TIFF 6.0: 1 is upright; 6 must be rotated 90° clockwise. */
export type ExifOrientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

/**
 * The orientation that an image's metadata give, as Pillow's `exif_transpose` reads them: the EXIF tag, stored as any
 * type of number; XMP counts where EXIF has no such tag. 1 if there is none, or none from 1 to 8.
 *
 * @param metadata.exif - a TIFF structure, with or without `Exif\0\0` before it.
 * @param metadata.xmp - XML.
 * @see TIFF 6.0 §2, §8 (Orientation); EXIF 2.3 §4.7.2; XMP part 2, §1.2.5.
 */
export function orientationOf(metadata: {
  readonly exif?: Uint8Array | undefined;
  readonly xmp?: Uint8Array | undefined;
}): ExifOrientation {
  const value = (metadata.exif && exifValue(metadata.exif)) ?? (metadata.xmp && xmpValue(metadata.xmp)) ?? 1;
  return Number.isInteger(value) && value >= 1 && value <= 8 ? (value as ExifOrientation) : 1;
}

/** Whether an orientation exchanges rows and columns. */
export function isTransposed(orientation: ExifOrientation): boolean {
  return orientation >= 5;
}

function xmpValue(xmp: Uint8Array): number | undefined {
  const found = /tiff:Orientation(?:="|>)([0-9])/.exec(Buffer.from(xmp).toString('latin1'));
  return found ? Number(found[1]) : undefined;
}

const ORIENTATION_TAG = 0x0112;
const LITTLE = 0x4949;
/** `II*\0` and `MM\0*`, and those with the bytes of the number exchanged, which some programs write. */
const beginnings = [0x49492a00, 0x4d4d002a, 0x4949002a, 0x4d4d2a00];

/** TIFF's types: bytes of one value, and how to read it if it is a number. Bytes of types 1, 2 and 7 are no numbers. */
const types: Readonly<Record<number, readonly [number, ((at: DataView, little: boolean) => number)?]>> = {
  1: [1],
  2: [1],
  3: [2, (at, little) => at.getUint16(0, little)],
  4: [4, (at, little) => at.getUint32(0, little)],
  5: [8, (at, little) => at.getUint32(0, little) / at.getUint32(4, little)],
  6: [1, (at) => at.getInt8(0)],
  7: [1],
  8: [2, (at, little) => at.getInt16(0, little)],
  9: [4, (at, little) => at.getInt32(0, little)],
  10: [8, (at, little) => at.getInt32(0, little) / at.getInt32(4, little)],
  11: [4, (at, little) => at.getFloat32(0, little)],
  12: [8, (at, little) => at.getFloat64(0, little)],
  13: [4, (at, little) => at.getUint32(0, little)],
  16: [8, (at, little) => Number(at.getBigUint64(0, little))],
};

/** The orientation in the first directory of a TIFF structure; undefined if it has none, NaN if it is no number. */
function exifValue(exif: Uint8Array): number | undefined {
  const tiff = withoutName(exif);
  if (tiff.byteLength === 0) return undefined;
  if (tiff.byteLength < 8 || !beginnings.includes(tiff.getUint32(0))) return Number.NaN; // damaged: nothing is guessed
  const little = tiff.getUint16(0) === LITTLE;
  const directory = tiff.getUint32(4, little);
  if (directory + 2 > tiff.byteLength) return undefined;
  const entries = tiff.getUint16(directory, little);
  let outside = 0; // bytes of values that stand outside of the directory, so far
  for (let entry = 0; entry < entries; entry++) {
    const at = directory + 2 + 12 * entry;
    if (at + 12 > tiff.byteLength) return undefined;
    const [bytes, read] = types[tiff.getUint16(at + 2, little)] ?? [0];
    const size = bytes * tiff.getUint32(at + 4, little);
    if (size === 0) continue;
    let place = at + 8;
    if (size > 4) {
      outside += size;
      if (outside > tiff.byteLength) continue; // more than there can be: passed over
      place = tiff.getUint32(at + 8, little);
      if (place + size > tiff.byteLength) return undefined; // what follows is not read then
    }
    if (tiff.getUint16(at, little) !== ORIENTATION_TAG) continue;
    return read ? read(new DataView(tiff.buffer, tiff.byteOffset + place, bytes), little) : Number.NaN;
  }
  return undefined;
}

/** Some programs write the name of the segment twice. */
function withoutName(exif: Uint8Array): DataView {
  let start = 0;
  const named = (): boolean => Buffer.from(exif.subarray(start, start + 6)).toString('latin1') === 'Exif\0\0';
  for (let times = 0; times < 2 && named(); times++) start += 6;
  return new DataView(exif.buffer, exif.byteOffset + start, exif.byteLength - start);
}
