import { placedBlocks } from '@dmnn/architecture';
import { countNetwork } from '@dmnn/flops';
import { describe, expect, it } from 'vitest';
import { createArchitecture } from './create-architecture.js';
import { slimmable } from './slimmable.js';

describe('slimmable', () => {
  // JiahuiYu/slimmable_networks prints 4.1 G, 2.3 G, 1.1 G and 278 M for S-ResNet-50, 301 M, 209 M and 97 M for S-MobileNetV2
  it.each([
    ['resnet50', [0.25, 0.5, 0.75, 1], ['278', '1.1', '2.3', '4.1'], '14.772'],
    ['mobilenetv2', [0.5, 0.75, 1], ['97', '209', '301'], '2.636'],
  ] as const)(
    'has the multiply–accumulates of its authors: %s',
    (name, widths, printed, millionsAtThreeQuarters) => {
      const counts = slimmable(name, { widths }).networks.map((network) => countNetwork(network));
      const print = (macs: number): string =>
        macs < 1e9 ? (macs / 1e6).toFixed(0) : (macs / 1e9).toFixed(1);
      expect(counts.map(({ macs }) => print(macs))).toEqual(printed);
      expect(((counts.at(-2)?.parameters ?? 0) / 1e6).toFixed(3)).toBe(millionsAtThreeQuarters);
    },
  );

  it('is of the zoo’s networks', () => {
    const { networks, name } = slimmable('cifar-resnet20', { widths: [0.5, 1], classes: 10 });
    expect(name).toBe('cifar-resnet20');
    expect(networks[0]).toEqual(createArchitecture('cifar-resnet20-0.5', { classes: 10 }));
    expect(networks[1]).toEqual(createArchitecture('cifar-resnet20', { classes: 10 }));
    expect(slimmable('mobilenetv2-1.4', { widths: [0.75, 1] }).networks[0]?.name).toBe('mobilenetv2-1.05');
  });

  it('has the widest one’s shortcuts at every width', () => {
    const kinds = slimmable('mobilenetv2').networks.map((network) =>
      placedBlocks(network).map(({ block }) => block.shortcut.kind),
    );
    expect(new Set(kinds.map((one) => one.join())).size).toBe(1);
    // alone, the network of width 0.25 has a shortcut in its first block: 8 channels in, 8 out
    expect(createArchitecture('mobilenetv2-0.25').stages[0]?.blocks[0]?.shortcut.kind).toBe('identity');
    expect(slimmable('mobilenetv2').networks[0]?.name).toBe('slimmable-mobilenetv2-0.25');
  });

  it.each([[[1, 0.5]], [[0.5, 0.75]], [[0, 1]], [[1]]])('refuses the widths %o', (widths) => {
    expect(() => slimmable('resnet50', { widths })).toThrow(/widths: expected two or more ascending factors/);
  });

  it('refuses backbones without a width', () => {
    expect(() => slimmable('resnext50-32x4d')).toThrow(/expected one of a family with a width/);
    expect(() => slimmable('cifar-resnext29-2x40d-0.25')).toThrow(/of a family with a width/); // its groups cannot be cut
    expect(() => slimmable('dmnn50-n2')).toThrow(expect.objectContaining({ code: 'DMNN_UNKNOWN_MODEL' }));
  });
});
