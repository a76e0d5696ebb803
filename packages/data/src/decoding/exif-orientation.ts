/** Orientation of an image's rows and columns in TIFF 6.0: 1 is upright; 6 must be rotated 90° clockwise. */
export type ExifOrientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

const START_OF_SCAN = 0xda;
const APPLICATION_1 = 0xe1;
const ORIENTATION_TAG = 0x0112;
const SHORT = 3;

/**
 * The orientation in a JPEG's EXIF data; 1 if it is missing or invalid.
 *
 * @param bytes - the file.
 * @see TIFF 6.0 §8 (Orientation); EXIF 2.3 §4.7.2.
 */
export function exifOrientation(bytes: Uint8Array): ExifOrientation {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 2;
  while (at + 4 <= bytes.length && view.getUint8(at) === 0xff) {
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) {
      at += 1; // markers may be padded
      continue;
    }
    if (marker === START_OF_SCAN) break;
    const length = view.getUint16(at + 2);
    const end = Math.min(at + 2 + length, bytes.length);
    if (marker === APPLICATION_1 && isExif(bytes, at + 4)) {
      return orientationOf(
        new DataView(bytes.buffer, bytes.byteOffset + at + 10, Math.max(0, end - at - 10)),
      );
    }
    at += 2 + length;
  }
  return 1;
}

function isExif(bytes: Uint8Array, at: number): boolean {
  return at + 6 <= bytes.length && [0x45, 0x78, 0x69, 0x66, 0, 0].every((byte, i) => bytes[at + i] === byte);
}

/** Reads the first directory of a TIFF structure. */
function orientationOf(tiff: DataView): ExifOrientation {
  if (tiff.byteLength < 8) return 1;
  const little = tiff.getUint16(0) === 0x4949;
  const directory = tiff.getUint32(4, little);
  if (directory + 2 > tiff.byteLength) return 1;
  const entries = tiff.getUint16(directory, little);
  for (let entry = 0; entry < entries; entry++) {
    const at = directory + 2 + 12 * entry;
    if (at + 12 > tiff.byteLength) return 1;
    if (tiff.getUint16(at, little) !== ORIENTATION_TAG || tiff.getUint16(at + 2, little) !== SHORT) continue;
    const value = tiff.getUint16(at + 8, little);
    return value >= 1 && value <= 8 ? (value as ExifOrientation) : 1;
  }
  return 1;
}

/** Whether an orientation exchanges rows and columns. */
export function isTransposed(orientation: ExifOrientation): boolean {
  return orientation >= 5;
}
