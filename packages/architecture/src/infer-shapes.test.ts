import { describe, expect, it } from 'vitest';
import { ArchitectureError } from './architecture-error.js';
import { bottleneckNetwork, invertedNetwork, tinyNetwork } from './fixtures/networks.js';
import { inferShapes } from './infer-shapes.js';
import { windowOutSizePx } from './conv-unit.js';

describe('inferShapes', () => {
  it('halves and keeps sizes as ResNet does, by hand', () => {
    const shapes = inferShapes(bottleneckNetwork());
    expect(shapes.imageSizePx).toBe(64);
    // (64 + 6 − 7)/2 = 31.5 → 31, + 1 = 32; pool (32 + 2 − 3)/2 = 15.5 → 15, + 1 = 16
    expect(shapes.stem.map(({ path, inSizePx, outSizePx }) => [path, inSizePx, outSizePx])).toEqual([
      ['stem.unit0', 64, 32],
    ]);
    expect(shapes.stemOutSizePx).toBe(16);
    expect(
      shapes.blocks.map((b) => [
        b.path,
        b.stageIndex,
        b.blockIndex,
        b.inSizePx,
        b.outSizePx,
        b.inChannels,
        b.outChannels,
      ]),
    ).toEqual([
      ['stage0.block0', 0, 0, 16, 16, 8, 16],
      ['stage0.block1', 0, undefined, 16, 16, 16, 16],
      ['stage1.block0', 1, 1, 16, 8, 16, 32],
    ]);
    expect(shapes.blocks[2]?.shortcut).toMatchObject({
      path: 'stage1.block0.shortcut',
      inSizePx: 16,
      outSizePx: 8,
    });
    expect(shapes.blocks[1]).not.toHaveProperty('shortcut');
    expect(shapes.blocks[1]).not.toHaveProperty('blockIndex');
    expect(shapes.blocks[2]?.subBlocks.map((s) => s.map((u) => [u.path, u.inSizePx, u.outSizePx]))).toEqual(
      [0, 1].map((n) => [
        [`stage1.block0.subblock${n}.unit0`, 16, 16],
        [`stage1.block0.subblock${n}.unit1`, 16, 8],
        [`stage1.block0.subblock${n}.unit2`, 8, 8],
      ]),
    );
    expect(shapes.head).toEqual([]);
    expect(shapes.headSizePx).toBe(8);
  });

  it('takes another image size, and rounds odd maps as PyTorch does', () => {
    const shapes = inferShapes(bottleneckNetwork(), { imageSizePx: 57 });
    // (57 + 6 − 7)/2 + 1 = 29; (29 + 2 − 3)/2 + 1 = 15; 3×3 stride 2: (15 + 2 − 3)/2 + 1 = 8; 1×1 stride 2: (15 − 1)/2 + 1 = 8
    expect(shapes.stem[0]?.outSizePx).toBe(29);
    expect(shapes.stemOutSizePx).toBe(15);
    expect(shapes.headSizePx).toBe(8);
  });

  it('follows the units of the head', () => {
    const shapes = inferShapes(invertedNetwork());
    // 32 → 16 (stem) → 8 (stride 2 block, no shortcut) → 8
    expect(shapes.blocks.map((b) => b.outSizePx)).toEqual([16, 8, 8]);
    expect(shapes.head.map((u) => [u.path, u.outSizePx])).toEqual([['head.unit0', 8]]);
  });

  it('gives a padded shortcut every stride-th pixel', () => {
    const shapes = inferShapes(tinyNetwork(), { imageSizePx: 5 });
    // pixels 0, 2, 4 of 5
    expect(shapes.blocks[1]).toMatchObject({ inSizePx: 5, outSizePx: 3 });
  });

  it.each([0, -1, 1.5, NaN, Infinity])('refuses images of %s px', (imageSizePx) => {
    expect(() => inferShapes(tinyNetwork(), { imageSizePx })).toThrow(RangeError);
    expect(() => inferShapes(tinyNetwork(), { imageSizePx })).toThrow(`got ${String(imageSizePx)}`);
  });

  it('says where a map would vanish', () => {
    const network = tinyNetwork({
      stem: { units: [], pool: { kernelSize: 8, stride: 2, padding: 0 } },
      inChannels: 4,
    });
    expect(() => inferShapes(network, { imageSizePx: 7 })).toThrow(ArchitectureError);
    // ⌊(7 − 8)/2⌋ + 1 = 0
    expect(() => inferShapes(network, { imageSizePx: 7 })).toThrow(
      /tiny at 7 px:\n {2}- stem\.pool: expected a map of at least 1 px, got 0 px \(window 8, stride 2, padding 0 on 7 px\)/,
    );
  });

  it('says which sub-block or shortcut has a map of another size', () => {
    const network = bottleneckNetwork();
    const block = network.stages[1]?.blocks[0];
    if (!block) throw new Error('no block');
    const [first] = block.subBlocks;
    if (!first) throw new Error('no sub-block');
    const flat = { units: first.units.map((unit) => ({ ...unit, stride: 1 })) };
    const withBlock = (subBlocks: (typeof block)['subBlocks']): typeof network => ({
      ...network,
      stages: [network.stages[0] ?? { blocks: [] }, { blocks: [{ ...block, subBlocks }] }],
    });
    expect(() => inferShapes(withBlock([first, flat]))).toThrow(
      "stage1.block0.subblock1: expected subblock0's 8 px, got 16 px",
    );
    expect(() => inferShapes(withBlock([flat, flat]))).toThrow(
      "stage1.block0.shortcut: expected the sub-blocks' 16 px, got 8 px",
    );
  });
});

describe('windowOutSizePx', () => {
  it.each([
    // PyTorch 2, torch.nn.Conv2d(1, 1, k, s, p)(torch.zeros(1, 1, size, size)).shape[-1]
    [224, 7, 2, 3, 112],
    [112, 3, 2, 1, 56],
    [7, 3, 2, 1, 4],
    [6, 3, 2, 1, 3],
    [7, 1, 2, 0, 4],
    [5, 5, 1, 0, 1],
    [9, 2, 4, 0, 2],
  ])('%i px, window %i, stride %i, padding %i: %i px', (sizePx, kernelSize, stride, padding, expected) => {
    expect(windowOutSizePx(sizePx, { kernelSize, stride, padding })).toBe(expected);
  });

  it('is 0 where the window does not fit once', () => {
    // (3 + 0 − 4) / 1 + 1 = 0
    expect(windowOutSizePx(3, { kernelSize: 4, stride: 1, padding: 0 })).toBe(0);
  });
});
