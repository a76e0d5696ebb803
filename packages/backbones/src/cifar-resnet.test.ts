import { inferShapes } from '@dmnn/architecture';
import { describe, expect, it } from 'vitest';
import { cifarResnet } from './cifar-resnet.js';

describe('cifarResnet', () => {
  it('has 2n layers at each of 32, 16 and 8 pixels', () => {
    // He et al. 2016, §4.2: output map sizes 32, 16, 8; filters 16, 32, 64
    const { blocks, stem } = inferShapes(cifarResnet({ depth: 32 }));
    expect(stem[0]).toMatchObject({ outSizePx: 32, unit: { outChannels: 16, kernelSize: 3 } });
    const rows = [32, 16, 8].flatMap((size, stage) =>
      Array.from({ length: 5 }, () => [size, 16 * 2 ** stage]),
    );
    expect(blocks.map((block) => [block.outSizePx, block.outChannels])).toEqual(rows);
  });

  it('bridges a change of size by a projection, or by padding', () => {
    const shortcuts = (shortcut?: 'pad') =>
      cifarResnet({ depth: 8, shortcut }).stages.map((stage) => stage.blocks[0]?.shortcut);
    expect(shortcuts()).toMatchObject([
      { kind: 'identity' },
      { kind: 'projection', unit: { kernelSize: 1, stride: 2, inChannels: 16, outChannels: 32 } },
      { kind: 'projection', unit: { kernelSize: 1, stride: 2, inChannels: 32, outChannels: 64 } },
    ]);
    expect(shortcuts('pad')).toEqual([
      { kind: 'identity' },
      { kind: 'pad', stride: 2, outChannels: 32 },
      { kind: 'pad', stride: 2, outChannels: 64 },
    ]);
  });

  it('scales its 16, 32 and 64 channels', () => {
    const network = cifarResnet({ depth: 8, width: 0.5 });
    expect(network.stages.map((stage) => stage.blocks[0]?.subBlocks[0]?.units[0]?.outChannels)).toEqual([
      8, 16, 32,
    ]);
    expect(network).toMatchObject({
      name: 'cifar-resnet8-0.5',
      imageSizePx: 32,
      head: { inFeatures: 32, classes: 100 },
    });
  });

  it.each([8, 14, 20, 26, 110, 1202])('takes depth %i', (depth) => {
    expect(cifarResnet({ depth }).stages[0]?.blocks).toHaveLength((depth - 2) / 6);
  });

  it.each([
    ...[2, 21, 1208, 8.5, NaN, Infinity, -4].map((depth): [object, RegExp] => [
      { depth },
      /depth: expected 6n \+ 2 from 8 to 1202/,
    ]),
    [{ depth: 8, shortcut: 'zero' }, /shortcut: expected 'projection' or 'pad', got 'zero'/],
    [{ depth: 8, width: 0 }, /width: /],
    [{ depth: 8, classes: NaN }, /classes: /],
    [{ depth: 8, imageSizePx: 0 }, /imageSizePx: /],
  ] as [object, RegExp][])('refuses %j', (options, message) => {
    expect(() => cifarResnet(options as { depth: 8 })).toThrow(RangeError);
    expect(() => cifarResnet(options as { depth: 8 })).toThrow(message);
  });
});
