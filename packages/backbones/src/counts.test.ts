import { type Architecture, paperController, validateArchitecture } from '@dmnn/architecture';
import { countNetwork } from '@dmnn/flops';
import { describe, expect, it } from 'vitest';
import { cifarBottleneckResnet } from './cifar-bottleneck-resnet.js';
import { createArchitecture } from './create-architecture.js';
import { plainCount } from './fixtures/plain-count.js';
import { modelNames } from './model-names.js';

/** A number as it is printed, in units of `unit`. */
const printed = (value: number, unit: number, digits: number): string => (value / unit).toFixed(digits);

type Counter = (architecture: Architecture) => { parameters: number; macs: number };

describe.each<[string, Counter]>([
  ['textbook formulas', plainCount],
  ['@dmnn/flops', (architecture) => countNetwork(architecture)],
])('counted by %s', (_, count) => {
  describe('parameters', () => {
    // num_params on the pages of torchvision's pre-trained weights
    it.each([
      ['resnet18', 11689512],
      ['resnet34', 21797672],
      ['resnet50', 25557032],
      ['resnet50-stride1x1', 25557032],
      ['resnet101', 44549160],
      ['resnet152', 60192808],
      ['resnext50-32x4d', 25028904],
      ['resnext101-32x8d', 88791336],
      ['mobilenetv2', 3504872],
    ])('of %s are torchvision’s', (name, parameters) => {
      expect(count(createArchitecture(name)).parameters).toBe(parameters);
    });

    // He et al. 2016, Table 6 (10 classes, zero-padded shortcuts): 0.27, 0.46, 0.66, 0.85, 1.7 M
    it.each([
      [20, '0.27'],
      [32, '0.46'],
      [44, '0.66'],
      [56, '0.85'],
      [110, '1.73'], // printed 1.7
    ])('of the CIFAR network of depth %i are its authors’', (depth, millions) => {
      const { parameters } = count(createArchitecture(`cifar-resnet${depth}-pad`, { classes: 10 }));
      expect(printed(parameters, 1e6, 2)).toBe(millions);
    });

    it('of ResNeXt-29 for CIFAR-10 are its authors’', () => {
      const { parameters } = count(createArchitecture('cifar-resnext29-8x64d', { classes: 10 }));
      expect(printed(parameters, 1e6, 1)).toBe('34.4'); // Xie et al. 2017, Table 7
    });

    // Xie et al. 2017, Table 2: 25.4, 25.3 and 25.0 M; the rest from the restored Table 1 and 2 of the DMNN paper
    it.each([
      ['resnext50-2x40d', '25.425'],
      ['resnext50-4x24d', '25.293'],
      ['resnext101-2x40d', '44.456'],
      ['mobilenetv2-1.4', '6.109'],
      ['mobilenetv2-1.4-floor', '6.083'],
      ['mobilenetv2-0.75', '2.636'],
      ['dmnn50-n2', '24.653'],
      ['dmnn50-n3', '25.813'],
      ['dmnn50-n4', '25.809'],
      ['dmnn101-n2', '43.120'],
      ['dmnn-mobilenetv2-n2', '3.626'],
      ['dmnn-mobilenetv2-1.4-n2', '6.293'],
    ])('of %s are %s M', (name, millions) => {
      expect(printed(count(createArchitecture(name)).parameters, 1e6, 3)).toBe(millions);
    });

    it('of slimmable ResNet-50 × 0.75 are 14.77 M', () => {
      expect(printed(count(createArchitecture('resnet50-0.75')).parameters, 1e6, 2)).toBe('14.77');
    });

    // DMNN, Tables 1 and 2: the same three digits whatever the number of sub-blocks
    it.each([3, 4])('of a dynamic MobileNetV2 print alike for N = %i', (subBlocks) => {
      const { parameters } = count(createArchitecture('mobilenetv2', { subBlocks }));
      expect(printed(parameters, 1e6, 2)).toBe('3.63');
    });
  });

  describe('multiply–accumulates', () => {
    it.each([
      ['resnet50', 1e9, '4.0892'],
      ['resnet50-stride1x1', 1e9, '3.8580'],
      ['resnet101', 1e9, '7.8014'],
      ['resnext50-2x40d', 1e9, '4.1245'],
      ['resnext50-4x24d', 1e9, '4.1598'],
      ['resnext101-2x40d', 1e9, '7.8436'],
      ['mobilenetv2', 1e6, '300.8'],
      ['mobilenetv2-1.4', 1e6, '582.2'],
      ['resnet50-0.75', 1e9, '2.323'],
      ['mobilenetv2-0.75', 1e6, '209'],
      ['cifar-resnet50', 1e9, '0.33'],
      // 300.8 M · (64 / 224)², a stem of stride 1 at 32 pixels being one of stride 2 at 64, with 100 classes instead of 1000
      ['cifar-mobilenetv2', 1e6, '24.6'],
    ])('of %s are, in units of %d, %s', (name, unit, digits) => {
      const decimals = digits.split('.')[1]?.length ?? 0;
      expect(printed(count(createArchitecture(name)).macs, unit, decimals)).toBe(digits);
    });

    it('of ResNet-50 for CIFAR without its pool would be 1.30 G', () => {
      const { stem, ...rest } = cifarBottleneckResnet({ depth: 50 });
      expect(printed(count({ ...rest, stem: { units: stem.units } }).macs, 1e9, 2)).toBe('1.30');
    });
  });
});

it.each([
  ['dmnn50-n2-lanes', 1.04],
  ['dmnn50-n4-lanes', 1.09],
])('%s has %f times the MACs of the undivided network', (name, share) => {
  const macs = [name, 'resnet50'].map((each) => countNetwork(createArchitecture(each)).macs);
  expect((macs[0] ?? 0) / (macs[1] ?? 0)).toBeCloseTo(share, 2);
});

describe('@dmnn/flops and the textbook formulas', () => {
  it.each(modelNames())('agree about %s', (name) => {
    const architecture = createArchitecture(name);
    const { macs, parameters } = countNetwork(architecture);
    expect({ macs, parameters }).toEqual(plainCount(architecture));
  });

  it('put the 16 controllers of DMNN-50 at 0.44 M multiply–accumulates, 0.011 % of ResNet-50’s', () => {
    const dynamic = createArchitecture('dmnn50-n2');
    const { controllerMacs } = countNetwork(dynamic);
    expect(printed(controllerMacs, 1e6, 2)).toBe('0.44');
    expect(printed(controllerMacs, countNetwork(createArchitecture('resnet50')).macs / 100, 3)).toBe('0.011');
    const stages = dynamic.stages.map(({ blocks }) => ({
      blocks: blocks.map(({ controller, ...block }) => (controller ? block : expect.fail('ungated'))),
    }));
    const ungated = validateArchitecture({ ...dynamic, stages });
    expect(plainCount(dynamic).macs - plainCount(ungated).macs).toBe(controllerMacs);
  });

  it.each([
    ['dmnn50-n2', '24.668'],
    ['dmnn101-n2', '43.152'],
    ['dmnn50-n4', '25.823'],
    ['dmnn-mobilenetv2-n2', '3.641'],
    ['dmnn-mobilenetv2-1.4-n2', '6.307'],
  ])('see one matrix per block instead of a shared one: %s has %s M parameters', (name, millions) => {
    const controller = { ...paperController, previousState: 'per-block' } as const;
    expect(printed(countNetwork(createArchitecture(name, { controller })).parameters, 1e6, 3)).toBe(millions);
  });

  it('cost without the projections that bridge a dynamic MobileNetV2: 3.55 M parameters', () => {
    const { layers, parameters } = countNetwork(createArchitecture('dmnn-mobilenetv2-n2'));
    const shortcuts = layers.filter(({ path }) => path.endsWith('.shortcut'));
    expect(shortcuts).toHaveLength(6); // the seven without a shortcut, but not the first
    expect(
      printed(
        shortcuts.reduce((rest, layer) => rest - layer.parameters, parameters),
        1e6,
        2,
      ),
    ).toBe('3.55');
  });
});
