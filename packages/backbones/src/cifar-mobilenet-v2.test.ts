import { inferShapes } from '@dmnn/architecture';
import { describe, expect, it } from 'vitest';
import { cifarMobilenetV2 } from './cifar-mobilenet-v2.js';
import { mobilenetV2 } from './mobilenet-v2.js';

describe('cifarMobilenetV2', () => {
  it('is the MobileNetV2 for ImageNet behind a stem of stride 1', () => {
    const network = cifarMobilenetV2();
    const { stages, head, stem } = mobilenetV2();
    expect(network).toMatchObject({ name: 'cifar-mobilenetv2', imageSizePx: 32, head: { classes: 100 } });
    expect(network.stages).toEqual(stages);
    expect(network.head.units).toEqual(head.units);
    expect(network.stem).toEqual({ units: [{ ...stem.units[0], stride: 1 }] });
  });

  it('goes from 32 pixels to 2', () => {
    const shapes = inferShapes(cifarMobilenetV2());
    expect(shapes.stemOutSizePx).toBe(32);
    const lastOfStages = [0, 1, 2, 3].map(
      (stage) => shapes.blocks.filter(({ stageIndex }) => stageIndex === stage).at(-1)?.outSizePx,
    );
    expect(lastOfStages).toEqual([16, 8, 4, 2]);
  });

  it('scales and rounds as the other', () => {
    const options = { width: 1.4, rounding: 'floor', classes: 7, imageSizePx: 64 } as const;
    const network = cifarMobilenetV2(options);
    expect(network).toMatchObject({
      name: 'cifar-mobilenetv2-1.4-floor',
      imageSizePx: 64,
      head: { classes: 7 },
    });
    expect(network.stages).toEqual(mobilenetV2(options).stages);
  });

  it.each([
    [{ width: NaN }, /width: /],
    [{ rounding: 'nearest' }, /rounding: expected 'divisor-8' or 'floor', got 'nearest'/],
    [{ classes: 0 }, /classes: /],
    [{ imageSizePx: 1.5 }, /imageSizePx: /],
  ])('refuses %j', (options, message) => {
    expect(() => cifarMobilenetV2(options as { width: 1 })).toThrow(RangeError);
    expect(() => cifarMobilenetV2(options as { width: 1 })).toThrow(message);
  });
});
