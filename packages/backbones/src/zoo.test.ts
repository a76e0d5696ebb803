import { gatedBlocks, placedBlocks, validateArchitecture } from '@dmnn/architecture';
import { describe, expect, it } from 'vitest';
import { createArchitecture } from './create-architecture.js';
import { modelNames } from './model-names.js';

/** Names beyond the list that the patterns promise. */
const more = [
  'resnet18-0.5',
  'resnet152-2',
  'resnet101-0.75-stride1x1',
  'resnext152-1x64d',
  'mobilenetv2-0.1-floor',
  'cifar-resnet110',
  'cifar-resnet8-0.5',
  'cifar-resnet20-1.5-pad',
  'cifar-resnet50-basic',
  'cifar-resnet50-0.25',
  'cifar-resnet152-basic-0.5-pad',
  'dmnn50-n1',
  'dmnn50-0.75-n8',
  'dmnn50-stride1x1-n2',
  'dmnn152-n5-share',
  'dmnn50-n2-solver',
  'dmnn-resnet18-0.5-n3',
  'dmnn-resnext101-32x8d-n4',
  'dmnn-mobilenetv2-1.4-divisor8-n3',
  'dmnn-mobilenetv2-0.5-n2',
  'dmnn-cifar-resnet14-0.5-pad-n4',
  'dmnn-cifar-resnet101-n3',
  'convnet-aig152',
  'convnet-aig101-all',
  'convnet-aig-resnet18',
  'skipnet-resnet50',
  'convnet-aig-resnext50-32x4d',
  'cifar-resnext11-1x64d',
  'cifar-mobilenetv2-0.5-floor',
  'dmnn-cifar-mobilenetv2-1.4-divisor8-n3',
  'dmnn-cifar-resnext29-2x40d-0.25-n2',
  'convnet-aig-cifar-resnext29-4x24d-0.25',
  'convnet-aig-resnet50-0.5',
  'convnet-aig-cifar-resnet8-0.25-pad',
];

describe.each([...modelNames(), ...more])('%s', (name) => {
  const architecture = createArchitecture(name);

  it('is valid, plain data, and has the name it was asked for', () => {
    expect(validateArchitecture(architecture)).toBe(architecture);
    expect(JSON.parse(JSON.stringify(architecture))).toEqual(architecture);
    expect(architecture.name).toBe(name);
  });

  it('takes any classes and image size', () => {
    for (const imageSizePx of [1, 33, 224]) {
      const other = createArchitecture(name, { classes: 7, imageSizePx });
      expect(validateArchitecture(other)).toMatchObject({ name, imageSizePx, head: { classes: 7 } });
      expect(other.stages).toEqual(architecture.stages);
    }
  });

  it('is divided if its name says so', () => {
    const count = /-n(\d+)/.exec(name)?.[1];
    const gated = gatedBlocks(architecture);
    if (name.startsWith('convnet-aig') || name.startsWith('skipnet')) {
      const always =
        { 'convnet-aig50': 6, 'convnet-aig101': 8 }[name] ?? (name.startsWith('skipnet') ? 1 : 0);
      expect(gated).toHaveLength(placedBlocks(architecture).length - always);
      expect(new Set(gated.map(({ block }) => block.subBlocks.length))).toEqual(new Set([1]));
      expect(architecture.undivided).toEqual(createArchitecture(architecture.undivided?.name ?? ''));
    } else if (count === undefined) {
      expect(gated).toEqual([]);
      expect(architecture.undivided).toBeUndefined();
    } else {
      const ungated = /mobilenet|efficientnet/.test(name) ? 1 : 0; // its first block
      expect(gated).toHaveLength(placedBlocks(architecture).length - ungated);
      expect(new Set(gated.map(({ block }) => block.subBlocks.length))).toEqual(new Set([Number(count)]));
      const { undivided } = architecture;
      expect(undivided).toEqual(createArchitecture(undivided?.name ?? ''));
    }
  });
});

describe('modelNames', () => {
  it('has no name twice, and every name the command line promises', () => {
    const names = modelNames();
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(
      expect.arrayContaining([
        'resnet18',
        'resnet34',
        'resnet50',
        'resnet101',
        'resnet152',
        'resnext50-32x4d',
        'resnext50-2x40d',
        'resnext50-4x24d',
        'resnext101-32x8d',
        'resnext101-2x40d',
        'mobilenetv2',
        'mobilenetv2-1.4',
        'dmnn50-n2',
        'dmnn50-n3',
        'dmnn50-n4',
        'dmnn101-n2',
        'dmnn101-n4',
        'dmnn-mobilenetv2-n2',
        'dmnn-mobilenetv2-1.4-n2',
        'cifar-resnet20',
        'cifar-resnet32',
        'cifar-resnet44',
        'cifar-resnet56',
        'dmnn-cifar-resnet20-n2',
        'cifar-resnet50',
        'dmnn-cifar-resnet50-n2',
      ]),
    );
  });

  it('gives a list of the caller’s own', () => {
    modelNames().length = 0;
    expect(modelNames().length).toBeGreaterThan(30);
  });
});
