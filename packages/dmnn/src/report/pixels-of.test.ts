import { builtInDataset } from '@dmnn/data';
import { describe, expect, it } from 'vitest';
import { builtInImageFiles } from '../fixtures/built-in-image-files.js';
import { pixelsOf } from './pixels-of.js';

const images = builtInDataset({ split: 'test', size: 40 });

/** The 28 · 28 pixels in the middle of 32 · 32. */
function middle(pixels: Uint8Array): number[] {
  return Array.from({ length: 28 }, (_, y) => {
    const start = 3 * (32 * (y + 2) + 2);
    return [...pixels.subarray(start, start + 3 * 28)];
  }).flat();
}

describe('pixelsOf', () => {
  it('gives small images as they are', async () => {
    const pixels = await pixelsOf(images, [7, 3]);
    expect([...pixels]).toEqual([7, 3].map((index) => [index, images.pixels(index)]));
  });

  it('gives of image files what a network sees of them, to the bit, in any order and number', async () => {
    const indices = [39, 0, ...Array.from({ length: 30 }, (_, i) => i + 5)];
    const pixels = await pixelsOf(builtInImageFiles(40, [2]), indices);
    expect([...pixels.keys()].sort((a, b) => a - b)).toEqual([...indices].sort((a, b) => a - b));
    for (const index of indices) expect([...pixels.get(index)!]).toEqual(middle(images.pixels(index)));
  });

  it('decodes nothing where nothing is asked for', async () => {
    expect((await pixelsOf(builtInImageFiles(1, [0]), [])).size).toBe(0);
  });
});
