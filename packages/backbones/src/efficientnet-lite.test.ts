import { inferShapes, placedBlocks } from '@dmnn/architecture';
import { countNetwork } from '@dmnn/flops';
import { describe, expect, it } from 'vitest';
import { createArchitecture } from './create-architecture.js';
import { efficientnetLite } from './efficientnet-lite.js';
import { recognisedNetworks } from './recognised.js';
import { networkShape } from './network-shape.js';

const variants = [0, 1, 2, 3, 4] as const;

describe('efficientnetLite', () => {
  // the table in the README of tensorflow/tpu, models/official/efficientnet/lite
  it.each([
    [0, '4.7', 407],
    [1, '5.4', 631],
    [2, '6.1', 899],
    [3, '8.2', 1440],
    [4, '13.0', 2640],
  ] as const)(
    'lite%i has %s M parameters and %i M multiply–adds, as its authors print',
    (variant, millions, adds) => {
      const { parameters, macs } = countNetwork(efficientnetLite({ variant }));
      expect((parameters / 1e6).toFixed(1)).toBe(millions);
      // theirs count additions of shortcuts and batch norms too; the table rounds
      expect(macs / 1e6 / adds).toBeGreaterThan(0.93);
      expect(macs / 1e6 / adds).toBeLessThan(1.01);
    },
  );

  it('has the rows of EfficientNet-B0, in stages of one resolution', () => {
    const { blocks } = inferShapes(efficientnetLite());
    const rows = (stage: number, channels: number, sizePx: number, count: number) =>
      Array.from({ length: count }, () => [stage, channels, sizePx]);
    // Tan and Le 2019, Table 1
    expect(blocks.map((each) => [each.stageIndex, each.outChannels, each.outSizePx])).toEqual([
      ...rows(0, 16, 112, 1),
      ...rows(0, 24, 56, 2),
      ...rows(1, 40, 28, 2),
      ...rows(2, 80, 14, 3),
      ...rows(2, 112, 14, 3),
      ...rows(3, 192, 7, 4),
      ...rows(3, 320, 7, 1),
    ]);
    const kernels = blocks.map(({ subBlocks }) => subBlocks[0]?.at(-2)?.unit.kernelSize);
    expect(kernels.join('')).toBe('3335533355555553');
  });

  it('does not scale its stem, its head and the depth of its first and last row', () => {
    for (const variant of variants) {
      const { stem, head, stages } = efficientnetLite({ variant });
      const blocks = stages.flatMap((stage) => stage.blocks);
      expect(stem.units[0]).toMatchObject({
        outChannels: 32,
        padding: 'same',
        epsilon: 1e-3,
        activation: 'relu6',
      });
      expect(head).toMatchObject({ inFeatures: 1280, units: [{ outChannels: 1280 }] });
      expect(blocks[0]?.subBlocks[0]?.units).toHaveLength(2);
      expect(blocks[1]?.subBlocks[0]?.units).toHaveLength(3);
    }
  });

  it("pads as TensorFlow does where the size halves, and symmetrically elsewhere; every ε is TensorFlow's", () => {
    const units = placedBlocks(efficientnetLite({ variant: 4 })).flatMap(
      ({ block }) => block.subBlocks[0]?.units ?? [],
    );
    for (const { stride, kernelSize, padding, epsilon } of units) {
      expect(padding).toBe(stride === 2 ? 'same' : (kernelSize - 1) / 2);
      expect(epsilon).toBe(1e-3);
    }
  });

  it('has maps of these sizes at the size of its image: halves, rounded up', () => {
    const sizes = variants.map((variant) => {
      const shapes = inferShapes(efficientnetLite({ variant }));
      return [shapes.imageSizePx, shapes.stemOutSizePx, shapes.headSizePx];
    });
    expect(sizes).toEqual([
      [224, 112, 7],
      [240, 120, 8],
      [260, 130, 9],
      [280, 140, 9],
      [300, 150, 10],
    ]);
  });

  it.each(variants)('lite%i is recognised by its shape alone', (variant) => {
    const network = efficientnetLite({ variant, classes: 37 });
    expect(recognisedNetworks(networkShape(network)).map(({ name }) => name)).toEqual([network.name]);
  });

  it('is divided with projections of the same ε where it has no shortcut', () => {
    const divided = placedBlocks(createArchitecture('dmnn-efficientnet-lite0-n4'));
    expect(divided.filter(({ block }) => block.shortcut.kind === 'projection')).toHaveLength(6);
    for (const { block } of divided) {
      if (block.shortcut.kind === 'projection') expect(block.shortcut.unit.epsilon).toBe(1e-3);
      if (block.controller) expect(block.subBlocks).toHaveLength(4);
    }
  });

  it.each([
    [{ variant: 5 }, /variant: /],
    [{ classes: 0 }, /classes: /],
    [{ imageSizePx: 1.5 }, /imageSizePx: /],
  ])('refuses %j', (options, message) => {
    expect(() => efficientnetLite(options as { variant: 0 })).toThrow(RangeError);
    expect(() => efficientnetLite(options as { variant: 0 })).toThrow(message);
  });
});
