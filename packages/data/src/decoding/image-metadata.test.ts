import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { orientationOf, readJpegHeader } from './image-metadata.js';

const exifOrientation = (file: Uint8Array) => orientationOf(readJpegHeader(file));

const grey = sharp({ create: { width: 8, height: 8, channels: 3, background: '#808080' } });

describe('exifOrientation', () => {
  it('reads what sharp writes', async () => {
    for (let orientation = 1; orientation <= 8; orientation++) {
      const file = await grey.clone().withMetadata({ orientation }).jpeg().toBuffer();
      expect(exifOrientation(file)).toBe(orientation);
    }
  });

  it('takes both byte orders, after other segments', () => {
    const big = [0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0];
    const little = [0x49, 0x49, 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0];
    for (const tiff of [big, little]) {
      const exif = [0x45, 0x78, 0x69, 0x66, 0, 0, ...tiff];
      const comment = [0xff, 0xfe, 0, 4, 1, 2];
      expect(
        exifOrientation(
          Uint8Array.of(0xff, 0xd8, ...comment, 0xff, 0xe1, 0, exif.length + 2, ...exif, 0xff, 0xda, 0, 2),
        ),
      ).toBe(6);
    }
  });

  it('is 1 where there is none, or none that makes sense', async () => {
    expect(exifOrientation(await grey.clone().jpeg().toBuffer())).toBe(1);
    const file = await grey.clone().withMetadata({ orientation: 3 }).jpeg().toBuffer();
    const { exif } = readJpegHeader(file);
    expect(orientationOf({ exif })).toBe(3);
    fc.assert(
      fc.property(fc.nat(exif!.length - 1), fc.nat(255), fc.nat(exif!.length), (at, byte, end) => {
        const damaged = Uint8Array.from(exif!.subarray(0, end));
        if (at < end) damaged[at] = byte;
        expect([1, 2, 3, 4, 5, 6, 7, 8]).toContain(orientationOf({ exif: damaged }));
      }),
      { numRuns: 500 },
    );
  });
});
