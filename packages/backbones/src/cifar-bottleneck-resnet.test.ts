import { inferShapes } from '@dmnn/architecture';
import { describe, expect, it } from 'vitest';
import { cifarBottleneckResnet } from './cifar-bottleneck-resnet.js';
import { resnet } from './resnet.js';

describe('cifarBottleneckResnet', () => {
  it('is the ResNet for ImageNet behind a smaller stem', () => {
    const network = cifarBottleneckResnet({ depth: 50 });
    expect(network).toMatchObject({
      name: 'cifar-resnet50',
      imageSizePx: 32,
      head: { classes: 100, inFeatures: 2048 },
    });
    expect(network.stages).toEqual(resnet({ depth: 50 }).stages);
    expect(network.stem).toMatchObject({
      units: [{ kernelSize: 3, stride: 1 }],
      pool: { kernelSize: 3, stride: 2, padding: 1 },
    });
    const shapes = inferShapes(network);
    expect([shapes.stem[0]?.outSizePx, shapes.stemOutSizePx, shapes.headSizePx]).toEqual([32, 16, 2]);
  });

  it('scales', () => {
    const network = cifarBottleneckResnet({ depth: 101, width: 0.25, classes: 10, imageSizePx: 64 });
    expect(network).toMatchObject({
      name: 'cifar-resnet101-0.25',
      imageSizePx: 64,
      head: { classes: 10, inFeatures: 512 },
    });
    expect(network.stem.units[0]?.outChannels).toBe(16);
  });

  it('refuses depths of basic blocks', () => {
    for (const depth of [20, 34, NaN] as 50[]) {
      expect(() => cifarBottleneckResnet({ depth })).toThrow(/depth: expected 50 or 101 or 152, got/);
    }
  });
});
