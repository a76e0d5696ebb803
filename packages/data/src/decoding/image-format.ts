/** What a file is, by its first bytes. */
export interface ImageFormat {
  /** As a message says it: `a PNG`. */
  readonly name: string;
  /** What reads it: this package, sharp, or nothing here. */
  readonly reader: 'jpeg' | 'sharp' | 'none';
  /** What to do if it is not read and is no image. */
  readonly remedy?: string;
}

/** The format of a file's content; undefined if it is none of those known here. */
export function imageFormatOf(bytes: Uint8Array): ImageFormat | undefined {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 1024)).toString(
    'latin1',
  );
  return formats.find(({ pattern }) => pattern.test(start));
}

/* eslint-disable no-control-regex -- first bytes of binary files, as characters of Latin-1 */
/** The first that fits counts. */
const formats: readonly (ImageFormat & { readonly pattern: RegExp })[] = [
  { name: 'a JPEG', reader: 'jpeg', pattern: /^\xff\xd8/ },
  { name: 'a PNG', reader: 'sharp', pattern: /^\x89PNG\r\n\x1a\n/ },
  { name: 'a WebP', reader: 'sharp', pattern: /^RIFF[^]{4}WEBP/ },
  { name: 'a GIF', reader: 'sharp', pattern: /^GIF8[79]a/ },
  { name: 'a TIFF', reader: 'sharp', pattern: /^(II[*+]\0|MM\0[*+])/ },
  { name: 'an AVIF', reader: 'sharp', pattern: /^[^]{4}ftyp([^]{4}){0,2}?(avif|avis)/ },
  { name: 'a HEIC', reader: 'none', pattern: /^[^]{4}ftyp([^]{4}){0,8}?(hei[cmsx]|hev[cmx]|mif1|msf1)/ },
  { name: 'a BMP', reader: 'none', pattern: /^BM[^]{8}[^]\0\0\0[\x0c-\x7f]\0\0\0/ },
  { name: 'a PPM, PGM or PBM', reader: 'none', pattern: /^P[1-7Ff][\s#]/ },
  { name: 'a JPEG 2000', reader: 'none', pattern: /^(\0\0\0\x0cjP {2}\r\n\x87\n|\xff\x4f\xff\x51)/ },
  { name: 'a JPEG XL', reader: 'none', pattern: /^(\0\0\0\x0cJXL \r\n\x87\n|\xff\x0a)/ },
  { name: 'an icon (ICO)', reader: 'none', pattern: /^\0\0[\x01\x02]\0[^]\0/ },
  { name: 'a Photoshop file', reader: 'none', pattern: /^8BPS\0[\x01\x02]/ },
  { name: 'an OpenEXR file', reader: 'none', pattern: /^v\/1\x01/ },
  { name: 'a Radiance file', reader: 'none', pattern: /^#\?R(ADIANC|GB)E/ },
  { name: 'a QOI', reader: 'none', pattern: /^qoif/ },
  {
    name: 'an SVG',
    reader: 'none',
    pattern: /^(\xef\xbb\xbf)?\s*(<\?xml[^]*?\?>|<!--[^]*?-->|<!DOCTYPE svg[^>]*>|\s)*<(\w+:)?svg[\s>]/i,
  },
  { name: 'a PDF', reader: 'none', remedy: 'Replace it by an image, or leave it out.', pattern: /^%PDF-/ },
  {
    name: 'an HTML page',
    reader: 'none',
    remedy: 'Download the image itself: a server has answered with a page.',
    pattern: /^(\xef\xbb\xbf)?\s*(<!doctype html|<html|<head)/i,
  },
  {
    name: 'a pointer of Git LFS',
    reader: 'none',
    remedy: 'Fetch the file itself: git lfs pull',
    pattern: /^version https:\/\/git-lfs/,
  },
  {
    name: 'a video or another MP4 file',
    reader: 'none',
    remedy: 'Replace it by an image, or leave it out.',
    pattern: /^[^]{4}ftyp/,
  },
  {
    name: 'a ZIP archive',
    reader: 'none',
    remedy: 'Unpack it, and pass the images in it.',
    pattern: /^PK(\x03\x04|\x05\x06)/,
  },
  {
    name: 'a gzip file',
    reader: 'none',
    remedy: 'Unpack it, and pass the images in it.',
    pattern: /^\x1f\x8b/,
  },
  {
    name: 'a NumPy array',
    reader: 'none',
    remedy: 'Replace it by an image, or leave it out.',
    pattern: /^\x93NUMPY/,
  },
  {
    name: 'a tar archive',
    reader: 'none',
    remedy: 'Unpack it, and pass the images in it.',
    pattern: /^[^]{257}ustar/,
  },
];
