import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { channelShares } from './channel-shares.js';

describe('channelShares', () => {
  it.each([
    [144, 2, [72, 72]],
    [16, 3, [6, 5, 5]], // 16 = 3 · 5 + 1
    [17, 3, [6, 6, 5]], // 17 = 3 · 5 + 2
    [5, 5, [1, 1, 1, 1, 1]],
    [7, 1, [7]],
  ])('divides %i channels among %i', (channels, subBlocks, shares) => {
    expect(channelShares(channels, subBlocks)).toEqual(shares);
  });

  it('sums to the whole, in N parts that differ by at most one, larger ones first', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.nat(2000), (subBlocks, more) => {
        const shares = channelShares(subBlocks + more, subBlocks);
        expect(shares).toHaveLength(subBlocks);
        expect(shares.reduce((sum, share) => sum + share, 0)).toBe(subBlocks + more);
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
        expect(shares).toEqual([...shares].sort((a, b) => b - a));
      }),
    );
  });

  it.each([
    [2, 3, /channels: expected .* each of 3 sub-blocks, got 2\. Use fewer/],
    [NaN, 2, /channels: .*got NaN/],
    [2.5, 2, /channels: .*got 2\.5/],
    [4, NaN, /subBlocks: .*got NaN/],
    [4, 0, /subBlocks: .*got 0/],
    [4, 1.5, /subBlocks: .*got 1\.5/],
    [4, -2, /subBlocks: .*got -2/],
    [4, Infinity, /subBlocks: .*got Infinity/],
  ])('refuses %d channels among %d', (channels, subBlocks, message) => {
    expect(() => channelShares(channels, subBlocks)).toThrow(
      expect.objectContaining({ code: 'DMNN_SUBDIVIDE' }),
    );
    expect(() => channelShares(channels, subBlocks)).toThrow(message);
  });
});
