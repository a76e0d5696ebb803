import { inferShapes } from '@dmnn/architecture';
import { describe, expect, it } from 'vitest';
import { mobilenetV2 } from './mobilenet-v2.js';

describe('mobilenetV2', () => {
  const network = mobilenetV2();

  it('has the rows of its table, in stages of one resolution', () => {
    // Sandler et al. 2018, Table 2: input size, expansion, channels, repeats, strides
    const blocks = inferShapes(network).blocks.map((block) => [
      block.stageIndex,
      block.outChannels,
      block.outSizePx,
    ]);
    const rows = (stage: number, channels: number, size: number, count: number) =>
      Array.from({ length: count }, () => [stage, channels, size]);
    expect(blocks).toEqual([
      ...rows(0, 16, 112, 1),
      ...rows(0, 24, 56, 2),
      ...rows(1, 32, 28, 3),
      ...rows(2, 64, 14, 4),
      ...rows(2, 96, 14, 3),
      ...rows(3, 160, 7, 3),
      ...rows(3, 320, 7, 1),
    ]);
  });

  it('expands six times, but not in the first block', () => {
    const blocks = network.stages.flatMap((stage) => stage.blocks);
    expect(
      blocks[0]?.subBlocks[0]?.units.map((unit) => [unit.inChannels, unit.outChannels, unit.groups]),
    ).toEqual([
      [32, 32, 32],
      [32, 16, 1],
    ]);
    expect(blocks[3]?.subBlocks[0]?.units).toMatchObject([
      { kernelSize: 1, inChannels: 24, outChannels: 144, groups: 1, stride: 1, activation: 'relu6' },
      { kernelSize: 3, inChannels: 144, outChannels: 144, groups: 144, stride: 2, activation: 'relu6' },
      { kernelSize: 1, inChannels: 144, outChannels: 32, groups: 1, stride: 1, activation: 'none' },
    ]);
    expect(blocks.every((block) => block.activation === 'none')).toBe(true);
  });

  it('has a shortcut where neither size nor channels change: 10 of 17 blocks', () => {
    const kinds = network.stages.flatMap((stage) => stage.blocks.map((block) => block.shortcut.kind));
    expect(kinds.filter((kind) => kind === 'identity')).toHaveLength(10); // repeats: 1 + 2 + 3 + 2 + 2
    expect(kinds.filter((kind) => kind === 'none')).toHaveLength(7); // one for each row of the table
  });

  it('does not shrink its last convolution with its width', () => {
    expect(mobilenetV2({ width: 0.5 }).head).toMatchObject({
      inFeatures: 1280,
      units: [{ inChannels: 160 }],
    });
    expect(mobilenetV2({ width: 1.4 }).head.inFeatures).toBe(1792);
  });

  it('agrees between the roundings at width 1', () => {
    expect(mobilenetV2({ rounding: 'floor' })).toEqual(network);
    expect(mobilenetV2({ rounding: 'floor', width: 1.4 }).name).toBe('mobilenetv2-1.4-floor');
  });

  it.each([
    [{ width: NaN }, /width: /],
    [{ width: 0.01, rounding: 'floor' }, /width: /],
    [{ rounding: 'nearest' }, /rounding: expected 'divisor-8' or 'floor', got 'nearest'/],
    [{ classes: -1 }, /classes: /],
    [{ imageSizePx: 1.5 }, /imageSizePx: /],
  ])('refuses %j', (options, message) => {
    expect(() => mobilenetV2(options as { width: 1 })).toThrow(RangeError);
    expect(() => mobilenetV2(options as { width: 1 })).toThrow(message);
  });
});
