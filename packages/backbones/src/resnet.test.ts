import { inferShapes } from '@dmnn/architecture';
import { describe, expect, it } from 'vitest';
import { type ResNetDepth, resnet } from './resnet.js';

describe('resnet', () => {
  // He et al. 2016, Table 1: sizes of conv1 and conv2_x to conv5_x, blocks, channels
  it.each<[ResNetDepth, number[], number[]]>([
    [18, [2, 2, 2, 2], [64, 128, 256, 512]],
    [34, [3, 4, 6, 3], [64, 128, 256, 512]],
    [50, [3, 4, 6, 3], [256, 512, 1024, 2048]],
    [101, [3, 4, 23, 3], [256, 512, 1024, 2048]],
    [152, [3, 8, 36, 3], [256, 512, 1024, 2048]],
  ])('of depth %i has the layers of its table', (depth, blocks, channels) => {
    const network = resnet({ depth });
    expect(network.stages.map((stage) => stage.blocks.length)).toEqual(blocks);
    const shapes = inferShapes(network);
    const last = [0, 1, 2, 3].map((stage) =>
      shapes.blocks.filter((block) => block.stageIndex === stage).at(-1),
    );
    expect(last.map((block) => block?.outChannels)).toEqual(channels);
    expect([shapes.stem[0]?.outSizePx, ...last.map((block) => block?.outSizePx)]).toEqual([
      112, 56, 28, 14, 7,
    ]);
    const perBlock = depth < 50 ? 2 : 3;
    expect(2 + perBlock * blocks.reduce((sum, count) => sum + count, 0)).toBe(depth); // layers with weights
  });

  it('projects only where size or channels change, and ends each path without activation', () => {
    for (const depth of [34, 50] as const) {
      for (const [stageIndex, stage] of resnet({ depth }).stages.entries()) {
        for (const [index, block] of stage.blocks.entries()) {
          const first = index === 0 && (stageIndex > 0 || depth === 50);
          expect(block.shortcut.kind).toBe(first ? 'projection' : 'identity');
          if (block.shortcut.kind === 'projection')
            expect(block.shortcut.unit).toMatchObject({ kernelSize: 1, activation: 'none' });
          const activations = block.subBlocks[0]?.units.map((unit) => unit.activation);
          expect(activations).toEqual([
            ...Array.from({ length: depth === 50 ? 2 : 1 }, () => 'relu'),
            'none',
          ]);
          expect(block.activation).toBe('relu');
        }
      }
    }
  });

  it('puts the stride on the 3×3, or on the first 1×1', () => {
    const strides = (strideOn?: '1x1') =>
      resnet({ depth: 50, strideOn }).stages[1]?.blocks[0]?.subBlocks[0]?.units.map((unit) => unit.stride);
    expect(strides()).toEqual([1, 2, 1]);
    expect(strides('1x1')).toEqual([2, 1, 1]);
    expect(resnet({ depth: 50, strideOn: '1x1' }).name).toBe('resnet50-stride1x1');
  });

  it('scales all channels but the image’s and the classes', () => {
    const network = resnet({ depth: 50, width: 0.5, classes: 10 });
    expect(network.stem.units[0]).toMatchObject({ inChannels: 3, outChannels: 32 });
    expect(network.stages[0]?.blocks[1]?.subBlocks[0]?.units.map((unit) => unit.outChannels)).toEqual([
      32, 32, 128,
    ]);
    expect(network.head).toEqual({ units: [], inFeatures: 1024, classes: 10 });
  });

  it.each([
    [{ depth: 20 }, /depth: expected 18 or 34 or 50 or 101 or 152, got 20/],
    [{ depth: NaN }, /depth: .*got NaN/],
    [{ depth: 18, strideOn: '1x1' }, /strideOn: expected '3x3', got '1x1'/],
    [{ depth: 50, strideOn: '2x2' }, /strideOn: expected '3x3' or '1x1', got '2x2'/],
    [{ depth: 50, width: -1 }, /width: /],
    [{ depth: 50, classes: 1.5 }, /classes: /],
    [{ depth: 50, imageSizePx: NaN }, /imageSizePx: /],
  ])('refuses %j', (options, message) => {
    expect(() => resnet(options as { depth: 50 })).toThrow(RangeError);
    expect(() => resnet(options as { depth: 50 })).toThrow(message);
  });
});
