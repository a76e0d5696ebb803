import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchedWidth } from './matched-width.js';

/** Eq. 1, at any real width. */
const weights = (inChannels: number, width: number, outChannels: number, side = 3): number =>
  inChannels * width + side ** 2 * width ** 2 + width * outChannels;

describe('matchedWidth', () => {
  const block = { inChannels: 256, width: 64, outChannels: 256 };

  // Xie et al. 2017, Table 2: ResNeXt-50 settings of equal cost, 1x64d, 2x40d, 4x24d, 8x14d
  it.each([
    [1, 64],
    [2, 40],
    [4, 24],
    [8, 14],
  ])('gives ResNeXt-50 its widths: %i sub-blocks of %i', (subBlocks, width) => {
    expect(matchedWidth(block, subBlocks)).toBe(width);
  });

  it('gives the width next to the exact one: N sub-blocks have one block’s parameters, to half a channel each', () => {
    const channels = fc.integer({ min: 1, max: 2048 });
    fc.assert(
      fc.property(
        channels,
        fc.integer({ min: 16, max: 512 }),
        channels,
        fc.integer({ min: 1, max: 8 }),
        fc.constantFrom(1, 3, 5),
        (inChannels, width, outChannels, subBlocks, side) => {
          const narrow = matchedWidth({ inChannels, width, outChannels, kernelSize: side }, subBlocks);
          const one = weights(inChannels, width, outChannels, side);
          expect(subBlocks * weights(inChannels, narrow - 0.5, outChannels, side)).toBeLessThanOrEqual(
            one * (1 + 1e-12),
          );
          expect(subBlocks * weights(inChannels, narrow + 0.5, outChannels, side)).toBeGreaterThanOrEqual(
            one * (1 - 1e-12),
          );
        },
      ),
    );
  });

  it('keeps the width of a block that stays whole', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4096 }), fc.integer({ min: 1, max: 4096 }), (width, outer) => {
        expect(matchedWidth({ inChannels: outer, width, outChannels: outer }, 1)).toBe(width);
      }),
    );
  });

  it('refuses a number of sub-blocks that no width fits', () => {
    // one channel costs 256 + 9 + 256 = 521; half a channel's worth 258.25; the block has 69632 = 269.6 · 258.25
    expect(matchedWidth(block, 269)).toBe(1);
    expect(() => matchedWidth(block, 270)).toThrow(expect.objectContaining({ code: 'DMNN_SUBDIVIDE' }));
    expect(() => matchedWidth(block, 270)).toThrow(
      /no width fits 270 sub-blocks into a bottleneck 256 → 64 → 256.*Use fewer sub-blocks/,
    );
  });

  it.each([
    [{ ...block, width: NaN }, 2, /block\.width: expected an integer ≥ 1, got NaN/],
    [{ ...block, inChannels: 0 }, 2, /block\.inChannels: .*got 0/],
    [{ ...block, outChannels: 1.5 }, 2, /block\.outChannels: .*got 1\.5/],
    [{ ...block, kernelSize: -3 }, 2, /block\.kernelSize: .*got -3/],
    [block, 0, /subBlocks: .*got 0/],
    [block, NaN, /subBlocks: .*got NaN/],
  ])('refuses %j with N = %d', (widths, subBlocks, message) => {
    expect(() => matchedWidth(widths, subBlocks)).toThrow(message);
  });
});
