import { inflateSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { pngDataUri } from './png-data-uri.js';

it('is a PNG of the pixels', () => {
  // rows of red and green, blue and white; read back by hand, without filters other than None and Sub
  const data = Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255);
  const uri = pngDataUri({ widthPx: 2, heightPx: 2, data });
  expect(uri).toMatch(/^data:image\/png;base64,/);
  const png = Buffer.from(uri.slice(uri.indexOf(',') + 1), 'base64');
  expect(png.subarray(0, 8).toString('latin1')).toBe('\x89PNG\r\n\x1a\n');
  expect(png.subarray(12, 16).toString()).toBe('IHDR');
  expect([png.readUInt32BE(16), png.readUInt32BE(20), png[24], png[25]]).toEqual([2, 2, 8, 2]);
  const at = png.indexOf('IDAT');
  const rows = inflateSync(png.subarray(at + 4, at + 4 + png.readUInt32BE(at - 4)));
  expect([...rows]).toEqual([0, ...data.subarray(0, 6), 0, ...data.subarray(6)]);
});

it('refuses a wrong number of bytes', () => {
  expect(() => pngDataUri({ widthPx: 2, heightPx: 2, data: new Uint8Array(4) })).toThrow(
    /expected 2 × 2 × 3 bytes of red, green, blue, got 4/,
  );
});
