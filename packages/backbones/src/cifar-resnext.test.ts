import { describe, expect, it } from 'vitest';
import { cifarResnext } from './cifar-resnext.js';

describe('cifarResnext', () => {
  it('has the stages of its section: 64, then 256, 512 and 1024 channels at 32, 16 and 8 pixels', () => {
    const network = cifarResnext({ depth: 29, groups: 8, groupWidth: 64 }); // Xie et al. 2017, §5.3
    expect(network.stem.units).toMatchObject([{ kernelSize: 3, stride: 1, outChannels: 64 }]);
    expect(network.stages.map(({ blocks }) => blocks.length)).toEqual([3, 3, 3]);
    const units = network.stages.map(({ blocks }) => blocks[0]?.subBlocks[0]?.units);
    expect(units.map((of) => [of?.[1]?.outChannels, of?.[1]?.groups, of?.[1]?.stride])).toEqual([
      [512, 8, 1],
      [1024, 8, 2],
      [2048, 8, 2],
    ]);
    expect(units.map((of) => of?.[2]?.outChannels)).toEqual([256, 512, 1024]);
  });

  it('narrows its groups with its width: 2x40d at a quarter has groups of 10', () => {
    const network = cifarResnext({ depth: 47, groups: 2, groupWidth: 40, width: 0.25 });
    expect(network.name).toBe('cifar-resnext47-2x40d-0.25');
    expect(network.stages.map(({ blocks }) => blocks.length)).toEqual([5, 5, 5]);
    const units = network.stages[0]?.blocks[0]?.subBlocks[0]?.units;
    expect(units).toMatchObject([{ outChannels: 20 }, { outChannels: 20, groups: 2 }, { outChannels: 64 }]);
    expect(network.stem.units[0]?.outChannels).toBe(16);
  });

  it.each([
    [{ depth: 28 }, /depth: expected 9n \+ 2 .*got 28/],
    [{ depth: 2 }, /depth: .*got 2/],
    [{ groups: NaN }, /groups: .*got NaN/],
    [{ groupWidth: 1.5 }, /groupWidth: .*got 1\.5/],
    [{ width: 0.001 }, /width: /],
    [{ classes: 0 }, /classes: /],
    [{ imageSizePx: 0 }, /imageSizePx: /],
  ])('refuses %j', (wrong, message) => {
    const options = { depth: 29, groups: 2, groupWidth: 40, ...wrong };
    expect(() => cifarResnext(options)).toThrow(RangeError);
    expect(() => cifarResnext(options)).toThrow(message);
  });
});
