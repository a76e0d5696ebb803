import { expect, it } from 'vitest';
import { shrunkPixels } from './shrunk-pixels.js';

it('leaves small images as they are', () => {
  const pixels = Uint8Array.from({ length: 32 * 32 * 3 }, (_, i) => i % 251);
  expect(shrunkPixels(pixels, 32)).toEqual({ widthPx: 32, heightPx: 32, data: pixels });
});

it('averages whole pixels of large ones', () => {
  // 224 pixels: squares of two by two; red is the column's parity, green the row, blue constant
  const pixels = Uint8Array.from({ length: 224 * 224 * 3 }, (_, i) => {
    const [row, column] = [Math.floor(i / 3 / 224), Math.floor(i / 3) % 224];
    return [100 * (column % 2), row, 7][i % 3]!;
  });
  const { widthPx, heightPx, data } = shrunkPixels(pixels, 224);
  expect([widthPx, heightPx, data.length]).toEqual([112, 112, 112 * 112 * 3]);
  expect([...data.subarray(0, 3)]).toEqual([50, 1, 7]); // (0 + 1) / 2 rounded up
  expect([...data.subarray(3 * 112 * 10, 3 * 112 * 10 + 3)]).toEqual([50, 21, 7]);
});
