import { fileFormatOf } from '@dmnn/foundation';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { DataError } from '../data-error.js';
import { decodeImage } from './decode-image.js';
import { evaluationView } from './image-view.js';

const latin1 = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'));

describe('fileFormatOf', () => {
  it('knows what sharp writes', async () => {
    const image = sharp({ create: { width: 8, height: 8, channels: 3, background: '#123456' } });
    for (const format of ['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif'] as const) {
      expect(fileFormatOf(await image.clone().toFormat(format).toBuffer())?.kind).toBe(format);
    }
  });
});

describe('decodeImage', () => {
  it.each([
    ['a BMP', 'BM\x06\x8a\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00'],
    ['a PPM, PGM or PBM', 'P6\n9 9\n255\n'],
    ['a PPM, PGM or PBM', 'P5 9 9 255\n'],
    ['an SVG', '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>'],
    [
      'an SVG',
      '<?xml version="1.0"?>\n<!-- by hand -->\n<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN">\n<svg>',
    ],
    ['a HEIC', '\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic'],
    ['a HEIC', '\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1heic'],
    ['a JPEG 2000', '\x00\x00\x00\x0cjP  \r\n\x87\n'],
    ['a JPEG XL', '\xff\x0a\x7f\x00'],
    ['an icon (ICO)', '\x00\x00\x01\x00\x01\x00\x10\x10'],
    ['a Photoshop file', '8BPS\x00\x01'],
    ['a PDF', '%PDF-1.7'],
    ['a web page (HTML)', '<!DOCTYPE html><title>404</title>'],
    ['a Git LFS pointer, which stands for the file', 'version https://git-lfs.github.com/spec/v1\n'],
    ['a video or another MP4 file', '\x00\x00\x00\x18ftypmp42'],
    ['a ZIP archive', 'PK\x03\x04'],
    ['a text that begins with "BM is not a bitmap"', 'BM is not a bitmap'],
    ['an HDF5 file (.h5), as Keras and h5py write', '\x89HDF\r\n\x1a\n'],
    ['a gzip-compressed file', '\x1f\x8b\x08'],
    ['a file that begins with the bytes 00 01 02 03', '\x00\x01\x02\x03\x04'],
    ['an empty file', ''],
  ])('says that %s is not read', async (name, start) => {
    const error: unknown = await decodeImage(latin1(start), evaluationView(), 'x.jpg').catch(
      (caught: unknown) => caught,
    );
    expect(error).toBeInstanceOf(DataError);
    const { message } = error as DataError;
    expect(message).toContain(`x.jpg: expected a JPEG, PNG, WebP, GIF, TIFF or AVIF, got ${name}. `);
    expect(message).not.toContain('damaged');
  });
});
