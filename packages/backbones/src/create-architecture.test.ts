import type { DmnnError } from '@dmnn/foundation';
import { type Controller, type StateController, paperController, placedBlocks } from '@dmnn/architecture';
import { describe, expect, it } from 'vitest';
import { type ModelOptions, createArchitecture } from './create-architecture.js';

const widthsOf = (name: string, options?: ModelOptions) =>
  createArchitecture(name, options).stages.map((stage) =>
    stage.blocks[0]?.subBlocks.map(({ units }) => units[0]?.outChannels),
  );

describe('createArchitecture', () => {
  it.each([
    ['dmnn50-n2', [38, 76, 153, 307]],
    ['dmnn50-n3', [29, 59, 119, 239]],
    ['dmnn101-n4', [24, 48, 96, 192]],
    ['dmnn-cifar-resnet50-n2', [38, 76, 153, 307]],
    ['dmnn50-n2-solver', [40, 80, 160, 320]],
    ['dmnn50-n2-share', [32, 64, 128, 256]],
    ['dmnn50-n2-lanes', [48, 80, 160, 304]],
    ['dmnn50-n4-lanes', [32, 48, 96, 192]],
  ])('%s has sub-blocks of %j channels', (name, widths) => {
    const count = Number(/-n(\d)/.exec(name)?.[1]);
    expect(widthsOf(name)).toEqual(widths.map((width) => Array.from({ length: count }, () => width)));
  });

  it('has 16 blocks in DMNN-50, one controller each', () => {
    const blocks = placedBlocks(createArchitecture('dmnn50-n2'));
    expect(blocks.map(({ block }) => block.controller)).toEqual(
      Array.from({ length: 16 }, () => paperController),
    );
  });

  it('divides a backbone by option as by name', () => {
    expect(createArchitecture('resnet50', { subBlocks: 2 })).toEqual(createArchitecture('dmnn50-n2'));
    expect(createArchitecture('dmnn50', { subBlocks: 2 })).toEqual(createArchitecture('dmnn50-n2'));
    expect(createArchitecture('dmnn50-n2', { subBlocks: 2 })).toEqual(createArchitecture('dmnn50-n2'));
    expect(createArchitecture('dmnn50-n2', { widths: 'solver' })).toEqual(
      createArchitecture('dmnn50-n2-solver'),
    );
    expect(createArchitecture('dmnn50-n2', { widths: 'paper' })).toEqual(createArchitecture('dmnn50-n2'));
    expect(widthsOf('dmnn50', { subBlocks: 2, widths: [1, 2, 3, 4] })).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
      [4, 4],
    ]);
  });

  it('gives the shorter of two names that mean the same', () => {
    expect(createArchitecture('dmnn-resnet50-n2').name).toBe('dmnn50-n2');
    expect(createArchitecture('dmnn18-n2').name).toBe('dmnn-resnet18-n2');
    expect(createArchitecture('mobilenetv2-1.40-divisor8').name).toBe('mobilenetv2-1.4');
    expect(createArchitecture('mobilenetv2-1-floor').name).toBe('mobilenetv2');
    expect(createArchitecture('dmnn-mobilenetv2-1.4-floor-n2').name).toBe('dmnn-mobilenetv2-1.4-n2');
    expect(createArchitecture('resnet50-1').name).toBe('resnet50');
  });

  it('rounds MobileNetV2’s channels down in dynamic networks, unless the name says otherwise', () => {
    const stem = (name: string, options?: ModelOptions) =>
      createArchitecture(name, options).stem.units[0]?.outChannels;
    expect(stem('mobilenetv2-1.4')).toBe(48); // 44.8 → 6 · 8
    expect(stem('mobilenetv2-1.4-floor')).toBe(44);
    expect(stem('dmnn-mobilenetv2-1.4-n2')).toBe(44);
    expect(stem('dmnn-mobilenetv2-1.4-divisor8-n2')).toBe(48);
    const divided = createArchitecture('mobilenetv2-1.4', { subBlocks: 2 });
    expect([divided.name, divided.undivided?.name]).toEqual([
      'dmnn-mobilenetv2-1.4-divisor8-n2',
      'mobilenetv2-1.4',
    ]);
  });

  it('hands a controller on', () => {
    const controller: Controller = {
      ...paperController,
      previousState: 'per-block',
    } satisfies StateController;
    expect(createArchitecture('dmnn-resnet18-n2', { controller }).stages[0]?.blocks[0]?.controller).toBe(
      controller,
    );
  });

  it('gives the backbone of a dynamic network the same classes and image size', () => {
    const { undivided } = createArchitecture('dmnn-cifar-resnet8-n2', { classes: 5, imageSizePx: 48 });
    expect(undivided).toMatchObject({ name: 'cifar-resnet8', imageSizePx: 48, head: { classes: 5 } });
  });

  it.each([
    ['resnt50', 'resnet50'],
    ['ResNet-50', 'resnet50'],
    ['dmnn50n2', 'dmnn50-n2'],
    ['dmnn50', 'dmnn50-n2'],
    ['mobilenet_v2', 'mobilenetv2'],
    ['cifar-resnet21', 'cifar-resnet20'],
    ['resnet51', 'resnet50'],
    ['dmnn-cifar-resnet20', 'dmnn-cifar-resnet20-n2'],
    ['resnext50_32x4d', 'resnext50-32x4d'],
  ])('knows no %s, but %s', (name, near) => {
    const error = caught(() => createArchitecture(name));
    expect(error).toMatchObject({ code: 'DMNN_UNKNOWN_MODEL', details: { model: name } });
    expect((error as DmnnError).details['suggestions']).toContain(near);
    expect((error as Error).message).toContain(`got '${name}'. Did you mean `);
    expect((error as Error).message).toContain('dmnn-{BACKBONE}-n{N}');
  });

  it.each([
    '',
    'vgg16',
    'cifar-resnet9999',
    'cifar-resnet2',
    'cifar-resnet20-basic',
    'dmnn',
    'dmnn-n2',
    'dmnn50-n2-n2',
    '__proto__',
    'x'.repeat(1e6),
  ])('knows no %.20j and nothing near', (name) => {
    expect(() => createArchitecture(name)).toThrow(expect.objectContaining({ code: 'DMNN_UNKNOWN_MODEL' }));
  });

  it('takes no other value for a name', () => {
    expect(() => createArchitecture(undefined as unknown as string)).toThrow(
      expect.objectContaining({ code: 'DMNN_UNKNOWN_MODEL' }),
    );
    expect(() => createArchitecture(50 as unknown as string)).toThrow(/got '50'/);
  });

  it.each<[string, ModelOptions, RegExp]>([
    ['dmnn50-n2', { subBlocks: 3 }, /subBlocks: expected 2, as dmnn50-n2 says, got 3\./],
    ['dmnn50-n2-solver', { widths: 'share' }, /widths: expected solver, .*got share/],
    [
      'resnet50',
      { widths: 'solver' },
      /widths: expected none for resnet50, which is not divided\. Pass subBlocks/,
    ],
    ['resnet50', { controller: paperController }, /controller: expected none for resnet50/],
    [
      'resnet50',
      { class: 10 } as ModelOptions,
      /options: expected classes, .*got 'class'\. Did you mean 'classes'\?/,
    ],
    ['resnet50', { zzzzzz: 1 } as ModelOptions, /got 'zzzzzz'\.$/],
    ['resnet50', { classes: NaN }, /classes: expected an integer ≥ 1 .*got NaN/],
    ['mobilenetv2', { classes: 0 }, /classes: .*got 0/],
    ['cifar-resnet20', { imageSizePx: 32.5 }, /imageSizePx: .*got 32\.5/],
    ['resnext50-32x4d', { imageSizePx: -1 }, /imageSizePx: .*got -1/],
    ['resnext50-0x4d', {}, /groups: .*got 0/],
    ['resnext50-4x0d', {}, /groupWidth: .*got 0/],
    ['resnet50-0', {}, /width: expected a factor > 0, got 0/],
    ['resnet50-0.001', {}, /width: expected a factor that scales 64 channels .*got 0\.001/],
  ])('refuses %s with %j', (name, options, message) => {
    expect(() => createArchitecture(name, options)).toThrow(RangeError);
    expect(() => createArchitecture(name, options)).toThrow(message);
  });

  it('refuses numbers of sub-blocks that no width fits', () => {
    for (const name of [
      'dmnn50-n0',
      'dmnn50-n500',
      'dmnn-cifar-resnet20-n17',
      'dmnn50-n99999999999999999999',
    ]) {
      expect(() => createArchitecture(name)).toThrow(expect.objectContaining({ code: 'DMNN_SUBDIVIDE' }));
    }
    expect(() => createArchitecture('resnet50', { subBlocks: NaN })).toThrow(
      /subBlocks: expected an integer ≥ 1/,
    );
  });
});

function caught(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}
