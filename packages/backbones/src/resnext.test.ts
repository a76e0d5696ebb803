import { describe, expect, it } from 'vitest';
import { resnet } from './resnet.js';
import { resnext } from './resnext.js';

describe('resnext', () => {
  it('has the widths of its table: 32x4d is 128, 256, 512, 1024 in 32 groups', () => {
    const network = resnext({ depth: 50, groups: 32, groupWidth: 4 }); // Xie et al. 2017, Table 1
    const inner = network.stages.map((stage) => stage.blocks[0]?.subBlocks[0]?.units[1]);
    expect(inner.map((unit) => [unit?.outChannels, unit?.groups, unit?.stride])).toEqual([
      [128, 32, 1],
      [256, 32, 2],
      [512, 32, 2],
      [1024, 32, 2],
    ]);
    expect(network.head.inFeatures).toBe(2048);
  });

  it('is a ResNet with one group of 64', () => {
    const { name, ...network } = resnext({
      depth: 101,
      groups: 1,
      groupWidth: 64,
      classes: 9,
      imageSizePx: 96,
    });
    const { name: plain, ...same } = resnet({ depth: 101, classes: 9, imageSizePx: 96 });
    expect([name, plain]).toEqual(['resnext101-1x64d', 'resnet101']);
    expect(network).toEqual(same);
  });

  it.each([
    [{ depth: 18 }, /depth: expected 50 or 101 or 152, got 18/],
    [{ groups: NaN }, /groups: .*got NaN/],
    [{ groupWidth: 1.5 }, /groupWidth: .*got 1\.5/],
    [{ classes: 0 }, /classes: /],
    [{ imageSizePx: 0 }, /imageSizePx: /],
  ])('refuses %j', (wrong, message) => {
    const options = { depth: 50, groups: 32, groupWidth: 4, ...wrong } as {
      depth: 50;
      groups: 32;
      groupWidth: 4;
    };
    expect(() => resnext(options)).toThrow(RangeError);
    expect(() => resnext(options)).toThrow(message);
  });
});
