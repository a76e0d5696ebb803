import {
  type Architecture,
  type Controller,
  ArchitectureError,
  convUnit,
  paperController,
  placedBlocks,
  validateArchitecture,
} from '@dmnn/architecture';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  basic,
  blockOf,
  bottleneck,
  convolutionWeights,
  invertedResidual,
  networkOf,
} from '@dmnn/test-networks';
import { subdivide } from './subdivide.js';

const mobile = networkOf(
  [invertedResidual(8, 1, 4), invertedResidual(4, 6, 6, 2), invertedResidual(6, 6, 6)],
  [invertedResidual(6, 6, 10, 2), invertedResidual(10, 6, 12)],
);
const residual = networkOf([basic(8, 8, 8), basic(8, 8, 8)], [basic(8, 16, 16, 2)]);
const wide = networkOf(
  [bottleneck(64, 64, 256), bottleneck(256, 64, 256)],
  [bottleneck(256, 128, 512, { stride: 2 }), bottleneck(512, 128, 512)],
);

const unitsOf = (architecture: Architecture, block: number) =>
  placedBlocks(architecture)[block]!.block.subBlocks.map((subBlock) => subBlock.units);

describe('subdivide', () => {
  it('spells out the sub-blocks of a bottleneck, with the paper’s widths', () => {
    const path = (width: number) => [
      convUnit(1, 256, width),
      convUnit(3, width, width, { stride: 2 }),
      convUnit(1, width, 512, { activation: 'none' }),
    ];
    const divided = subdivide(wide, { subBlocks: 2 });
    expect(unitsOf(divided, 2)).toEqual([path(76), path(76)]);
    expect(divided.stages[1]?.blocks[0]).toMatchObject({
      kind: 'bottleneck',
      activation: 'relu',
      controller: paperController,
      shortcut: wide.stages[1]?.blocks[0]?.shortcut, // not divided
    });
    expect(
      unitsOf(subdivide(wide, { subBlocks: 2, widths: 'solver' }), 1).map(([first]) => first?.outChannels),
    ).toEqual([40, 40]);
  });

  it('gives each stage its width of a list', () => {
    const divided = subdivide(wide, { subBlocks: 3, widths: [10, 20] });
    const channels = placedBlocks(divided).map(({ block }) =>
      block.subBlocks.map(({ units }) => units[1]?.inChannels),
    );
    expect(channels).toEqual([
      [10, 10, 10],
      [10, 10, 10],
      [20, 20, 20],
      [20, 20, 20],
    ]);
  });

  it('keeps the backbone, its stem, head, image size and stages', () => {
    const divided = subdivide(residual, { subBlocks: 2 });
    expect(divided.undivided).toBe(residual);
    expect(divided).toMatchObject({
      stem: residual.stem,
      head: residual.head,
      imageSizePx: 32,
      name: 'dmnn-net-n2',
    });
    expect(divided.stages.map((stage) => stage.blocks.length)).toEqual([2, 1]);
    expect(subdivide(residual, { subBlocks: 2, name: 'mine' }).name).toBe('mine');
    expect(JSON.parse(JSON.stringify(divided))).toEqual(divided);
  });

  it('gates the whole block with N = 1', () => {
    for (const backbone of [wide, residual]) {
      const divided = subdivide(backbone, { subBlocks: 1 });
      placedBlocks(backbone).forEach(({ block }, index) => {
        expect(placedBlocks(divided)[index]?.block).toEqual({ ...block, controller: paperController });
      });
    }
  });

  it('bridges inverted residuals without a shortcut, and leaves the one without expansion alone', () => {
    const divided = placedBlocks(subdivide(mobile, { subBlocks: 3 })).map(({ block }) => block);
    expect(divided[0]).toBe(mobile.stages[0]?.blocks[0]);
    expect(divided.map((block) => block.shortcut)).toEqual([
      { kind: 'none' },
      { kind: 'projection', unit: convUnit(1, 4, 6, { stride: 2, activation: 'none' }) },
      { kind: 'identity' },
      { kind: 'projection', unit: convUnit(1, 6, 10, { stride: 2, activation: 'none' }) },
      { kind: 'projection', unit: convUnit(1, 10, 12, { activation: 'none' }) },
    ]);
    expect(divided[4]?.subBlocks[1]?.units).toEqual([
      convUnit(1, 10, 20, { activation: 'relu6' }), // 60 hidden channels, a third of them
      convUnit(3, 20, 20, { groups: 20, activation: 'relu6' }),
      convUnit(1, 20, 12, { activation: 'none' }),
    ]);
    expect(divided[1]?.activation).toBe('none');
  });

  it('takes any controller', () => {
    const controller: Controller = { kind: 'squeeze', hiddenUnits: 16 };
    const blocks = placedBlocks(subdivide(residual, { subBlocks: 2, controller }));
    expect(blocks.map(({ block }) => block.controller)).toEqual([controller, controller, controller]);
  });

  it('partitions basic, inverted-residual and grouped blocks: N sub-blocks have exactly one block’s weights', () => {
    const channels = fc.integer({ min: 1, max: 24 });
    const blocks = fc.oneof(
      fc.tuple(channels, channels, channels).map(([a, b, c]) => basic(a, 8 + b, c)),
      fc
        .tuple(channels, fc.integer({ min: 8, max: 12 }), channels)
        .map(([a, t, c]) => invertedResidual(a, t, c)),
      fc
        .tuple(channels, fc.integer({ min: 8, max: 16 }), channels, channels)
        .map(([a, groups, width, c]) => bottleneck(a, groups * width, c, { groups })),
    );
    fc.assert(
      fc.property(blocks, fc.integer({ min: 1, max: 8 }), (block, subBlocks) => {
        const backbone = networkOf([block]);
        const divided = subdivide(backbone, { subBlocks });
        const weights = unitsOf(divided, 0).map(convolutionWeights);
        expect(weights).toHaveLength(subBlocks);
        expect(weights.reduce((sum, one) => sum + one, 0)).toBe(convolutionWeights(unitsOf(backbone, 0)[0]!));
      }),
    );
  });

  it('gives solver-wide sub-blocks one block’s weights, to half a channel each', () => {
    fc.assert(
      fc.property(fc.integer({ min: 8, max: 256 }), fc.integer({ min: 1, max: 6 }), (width, subBlocks) => {
        const outer = 4 * width;
        const backbone = networkOf([bottleneck(outer, width, outer)]);
        const parts = unitsOf(subdivide(backbone, { subBlocks, widths: 'solver' }), 0);
        const sum = parts.map(convolutionWeights).reduce((total, one) => total + one, 0);
        const narrow = parts[0]?.[1]?.inChannels ?? NaN;
        // half a channel: its two 1×1 filters, and its row and column of the 3×3's channels
        const half = (2 * outer * 0.5 + 9 * (2 * narrow * 0.5 + 0.25)) * subBlocks;
        expect(Math.abs(sum - convolutionWeights(unitsOf(backbone, 0)[0]!))).toBeLessThanOrEqual(half);
      }),
    );
  });

  it.each([NaN, 0, -1, 1.5, Infinity, '2' as unknown as number])('refuses N = %s', (subBlocks) => {
    expect(() => subdivide(residual, { subBlocks })).toThrow(
      expect.objectContaining({ code: 'DMNN_SUBDIVIDE' }),
    );
    expect(() => subdivide(residual, { subBlocks })).toThrow(/subBlocks: expected an integer ≥ 1, got/);
  });

  it('names N, the block, its channels and a remedy where no width fits', () => {
    expect(() => subdivide(residual, { subBlocks: 9 })).toThrow(
      /^stage0\.block0 \(basic, 8 → 8 channels\) into 9 sub-blocks: subBlocks: no width fits, .*at most 8.*got 9\. Use fewer/,
    );
    const thin = networkOf([bottleneck(64, 4, 64)]);
    expect(() => subdivide(thin, { subBlocks: 4, widths: 'solver' })).not.toThrow();
    expect(() =>
      subdivide(networkOf([bottleneck(4, 1, 4)]), { subBlocks: 1, widths: 'solver' }),
    ).not.toThrow();
    const grouped = networkOf([bottleneck(256, 80, 256, { groups: 2 })]);
    expect(() => subdivide(grouped, { subBlocks: 4 })).toThrow(
      /^stage0\.block0 \(bottleneck, 80 → 80 → 256 channels\) into 4/,
    );
  });

  it.each([
    [[10], /expected .* each of the 2 stages of net, got \[10\]/],
    [[10, 0], /got \[10, 0\]/],
    [[10, NaN], /got \[10, NaN\]/],
    [[10, 2.5], /got \[10, 2\.5\]/],
    ['papers', /expected 'paper', 'solver', 'share', .*got 'papers'/],
  ])('refuses widths %j', (widths, message) => {
    expect(() => subdivide(wide, { subBlocks: 2, widths: widths as 'paper' })).toThrow(
      expect.objectContaining({ code: 'DMNN_SUBDIVIDE' }),
    );
    expect(() => subdivide(wide, { subBlocks: 2, widths: widths as 'paper' })).toThrow(message);
  });

  it('refuses what is divided already', () => {
    const divided = subdivide(residual, { subBlocks: 2 });
    expect(() => subdivide(divided, { subBlocks: 2 })).toThrow(
      expect.objectContaining({ code: 'DMNN_SUBDIVIDE' }),
    );
    expect(() => subdivide(divided, { subBlocks: 2 })).toThrow(
      /backbone: expected an undivided network, got dmnn-net-n2, whose stage0\.block0 has 2 .*its 'undivided': net\./,
    );
    const { undivided, ...orphan } = subdivide(residual, { subBlocks: 1 });
    expect(undivided).toBe(residual);
    expect(() => subdivide(orphan, { subBlocks: 2 })).toThrow(
      /stage0\.block0 has 1 gated sub-blocks\. Divide its backbone\./,
    );
    expect(() => subdivide({ ...residual, undivided: residual }, { subBlocks: 2 })).toThrow(
      /got net\. Divide/,
    );
  });

  it('refuses a backbone or a controller that is none', () => {
    const controller = { ...paperController, hiddenUnits: NaN };
    expect(() => subdivide(residual, { subBlocks: 2, controller })).toThrow(ArchitectureError);
    expect(() => subdivide(null as unknown as Architecture, { subBlocks: 2 })).toThrow(ArchitectureError);
  });

  it('divides what is valid into what is valid, and refuses blocks without hidden channels', () => {
    const odd = networkOf([blockOf('basic', [convUnit(3, 4, 4)])]);
    expect(() => subdivide(odd, { subBlocks: 2 })).toThrow(/two or more convolutions/);
    for (const backbone of [mobile, residual, wide]) {
      for (const subBlocks of [1, 2, 3, 4, 7])
        expect(validateArchitecture(subdivide(backbone, { subBlocks }))).toBeDefined();
    }
  });
});
