import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { basic, bottleneck, invertedResidual } from '@dmnn/test-networks';
import { hiddenChannels } from './hidden-channels.js';
import { type WidthRule, subBlockWidths } from './sub-block-widths.js';

const widths = (
  block: Parameters<typeof hiddenChannels>[0],
  subBlocks: number,
  rule?: WidthRule,
): number[][] =>
  subBlockWidths(block, hiddenChannels(block), subBlocks, rule).map(({ channels, groups }) => [
    channels,
    groups,
  ]);

describe('subBlockWidths', () => {
  const block = bottleneck(256, 64, 256);

  it('of bottlenecks: the paper’s for N = 2 to 4, the solver’s beyond and on request, the plain share on request', () => {
    expect(widths(block, 2)).toEqual([
      [38, 1],
      [38, 1],
    ]);
    expect(widths(block, 3)).toEqual([
      [29, 1],
      [29, 1],
      [29, 1],
    ]);
    expect(widths(block, 4)).toEqual(Array.from({ length: 4 }, () => [24, 1]));
    expect(widths(block, 8)).toEqual(Array.from({ length: 8 }, () => [14, 1])); // ResNeXt's 8x14d
    expect(widths(block, 2, 'solver')).toEqual([
      [40, 1],
      [40, 1],
    ]);
    expect(widths(block, 3, 'share')).toEqual([
      [22, 1],
      [21, 1],
      [21, 1],
    ]);
    expect(widths(block, 2, 50)).toEqual([
      [50, 1],
      [50, 1],
    ]);
  });

  it('in whole lanes: the multiple of 16 at or next above the default, and the widths named for N = 2', () => {
    const hidden = [64, 128, 256, 512];
    const lanes = (n: number) => hidden.map((c) => widths(bottleneck(4 * c, c, 4 * c), n, 'lanes')[0]);
    expect(lanes(2)).toEqual([48, 80, 160, 304].map((c) => [c, 1]));
    expect(lanes(3)).toEqual([32, 64, 128, 240].map((c) => [c, 1]));
    expect(lanes(4)).toEqual([32, 48, 96, 192].map((c) => [c, 1]));
    expect(widths(block, 8, 'lanes')).toEqual(Array.from({ length: 8 }, () => [16, 1]));
    expect(widths(invertedResidual(24, 6, 24), 4, 'lanes')).toEqual(
      Array.from({ length: 4 }, () => [48, 48]),
    );
    expect(widths(basic(16, 16, 16), 2, 'lanes')).toEqual([
      [16, 1],
      [16, 1],
    ]);
    expect(() => subBlockWidths(block, { ...hiddenChannels(block), groups: 32 }, 2, 'lanes')).toThrow(
      /widths: expected a rule for grouped convolutions, got 'lanes'/,
    );
  });

  it('of bottlenecks that enter with other channels: those of the stage’s regular block', () => {
    expect(widths(bottleneck(64, 64, 256), 2, 'solver')).toEqual([
      [40, 1],
      [40, 1],
    ]);
    expect(widths(bottleneck(512, 64, 256, { stride: 2 }), 2)).toEqual([
      [38, 1],
      [38, 1],
    ]);
  });

  it('of bottlenecks unlike the paper’s: the solver’s', () => {
    // 128 → 64 → 128: (256·64 + 9·4096)/2 = 26624; 9w² + 256w = 26624 → w = 42.0; the paper's share would be 38
    expect(widths(bottleneck(128, 64, 128), 2)).toEqual([
      [42, 1],
      [42, 1],
    ]);
    expect(widths(bottleneck(128, 64, 128), 2, 'paper')).toEqual([
      [38, 1],
      [38, 1],
    ]);
  });

  it('of basic and inverted-residual blocks: the share, whatever rule is named', () => {
    for (const rule of [undefined, 'paper', 'solver', 'share'] as const) {
      expect(widths(basic(16, 16, 16), 3, rule)).toEqual([
        [6, 1],
        [5, 1],
        [5, 1],
      ]);
      expect(widths(invertedResidual(4, 6, 8), 5, rule)).toEqual([
        [5, 5],
        [5, 5],
        [5, 5],
        [5, 5],
        [4, 4],
      ]); // t·C = 24
    }
    expect(widths(basic(16, 16, 16), 7)).toHaveLength(7);
  });

  it('of grouped convolutions: whole groups', () => {
    expect(widths(bottleneck(256, 128, 256, { groups: 32 }), 2)).toEqual([
      [64, 16],
      [64, 16],
    ]);
    expect(widths(bottleneck(256, 80, 256, { groups: 5 }), 2, 'paper')).toEqual([
      [48, 3],
      [32, 2],
    ]); // groups of 16
    expect(() => widths(bottleneck(256, 80, 256, { groups: 2 }), 3)).toThrow(
      /expected at most 2, the groups .*got 3/,
    );
  });

  it('of a block that stays whole: its own', () => {
    for (const rule of [undefined, 'paper', 'solver', 'share'] as const) {
      expect(widths(block, 1, rule)).toEqual([[64, 1]]);
      expect(widths(bottleneck(8, 12, 8, { groups: 3 }), 1, rule)).toEqual([[12, 3]]);
      expect(widths(invertedResidual(4, 6, 8), 1, rule)).toEqual([[24, 24]]);
    }
  });

  it('as given: groups divide them', () => {
    expect(widths(basic(16, 16, 16), 2, 9)).toEqual([
      [9, 1],
      [9, 1],
    ]);
    expect(widths(invertedResidual(4, 6, 8), 2, 10)).toEqual([
      [10, 10],
      [10, 10],
    ]);
    expect(widths(bottleneck(8, 24, 8, { groups: 3 }), 2, 8)).toEqual([
      [8, 2],
      [8, 1],
    ]);
    expect(widths(bottleneck(8, 24, 8, { groups: 2 }), 3, 7)).toEqual([
      [7, 1],
      [7, 1],
      [7, 1],
    ]);
    expect(() => widths(bottleneck(8, 24, 8, { groups: 3 }), 2, 7)).toThrow(
      expect.objectContaining({ code: 'DMNN_SUBDIVIDE' }),
    );
    expect(() => widths(bottleneck(8, 24, 8, { groups: 3 }), 2, 7)).toThrow(
      /a multiple of the sub-block's 2 groups, got 7/,
    );
  });

  it('has no widths of the paper’s beyond N = 4', () => {
    expect(() => widths(block, 5, 'paper')).toThrow(/expected 1 to 4/);
  });

  it('always divides each sub-block’s channels by its groups', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 12 }),
        (groups, groupWidth, subBlocks) => {
          fc.pre(subBlocks <= groups);
          const parts = widths(bottleneck(8, groups * groupWidth, 8, { groups }), subBlocks, 'share');
          const channels = parts.map(([own]) => own ?? NaN);
          expect(channels.reduce((sum, own) => sum + own, 0)).toBe(groups * groupWidth);
          for (const [own, ownGroups] of parts) expect((own ?? NaN) % (ownGroups ?? NaN)).toBe(0);
        },
      ),
    );
  });
});
