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
