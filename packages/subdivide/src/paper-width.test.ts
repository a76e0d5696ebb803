import { describe, expect, it } from 'vitest';
import { paperWidth } from './paper-width.js';

describe('paperWidth', () => {
  it.each([
    [1, [64, 128, 256, 512]],
    [2, [38, 76, 153, 307]],
    [3, [29, 59, 119, 239]],
    [4, [24, 48, 96, 192]],
  ])('gives the widths behind DMNN-50’s parameters for N = %i', (subBlocks, widths) => {
    expect([64, 128, 256, 512].map((width) => paperWidth(width, subBlocks))).toEqual(widths);
  });

  it('is exact where the share is whole', () => {
    for (let width = 5; width <= 5000; width += 5) expect(paperWidth(width, 2)).toBe((width / 5) * 3);
    for (let width = 8; width <= 4096; width += 8) expect(paperWidth(width, 4)).toBe((width / 8) * 3);
  });

  it.each([
    [64, 5, /subBlocks: expected 1 to 4.*got 5\. Use widths 'solver'/],
    [64, NaN, /subBlocks: .*got NaN/],
    [1, 2, /width: no width fits 2 sub-blocks into a bottleneck of 1 channel.*share of it is 0\. Use fewer/],
    [NaN, 2, /width: .*of NaN channels/],
  ])('refuses %d channels with N = %d', (width, subBlocks, message) => {
    expect(() => paperWidth(width, subBlocks)).toThrow(expect.objectContaining({ code: 'DMNN_SUBDIVIDE' }));
    expect(() => paperWidth(width, subBlocks)).toThrow(message);
  });
});
