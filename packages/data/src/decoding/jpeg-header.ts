import { DecoderFailure } from './decoder-module.js';

/** Metadata before the first scan of a JPEG. */
export interface JpegHeader {
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
