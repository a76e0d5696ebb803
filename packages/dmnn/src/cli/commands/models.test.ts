import { describe, expect, it } from 'vitest';
import type { ModelListing } from '../../list-models.js';
import { run } from '../../fixtures/run-captured.js';

const promised = [
  'resnet18 resnet34 resnet50 resnet101 resnet152 resnext50-32x4d resnext50-2x40d resnext50-4x24d',
  'resnext101-32x8d resnext101-2x40d mobilenetv2 mobilenetv2-1.4 dmnn50-n2 dmnn50-n3 dmnn50-n4 dmnn101-n2',
  'dmnn101-n4 dmnn-mobilenetv2-n2 dmnn-mobilenetv2-1.4-n2 cifar-resnet20 cifar-resnet32 cifar-resnet44',
  'cifar-resnet56 dmnn-cifar-resnet20-n2 cifar-resnet50 dmnn-cifar-resnet50-n2',
].flatMap((line) => line.split(' '));

describe('dmnn models', () => {
  it('prints an array of exactly the promised fields with --json', async () => {
    const { code, out, err } = await run(['models', '--json']);
    expect([code, err]).toEqual([0, '']);
    const listings = JSON.parse(out) as ModelListing[];
    for (const listing of listings) {
      expect(Object.keys(listing)).toEqual([
        'name',
        'parameters',
        'macs',
        'fixedMacs',
        'gatedMacs',
        'controllerMacs',
        'imageSizePx',
      ]);
      expect(listing.macs).toBe(listing.fixedMacs + listing.gatedMacs + listing.controllerMacs);
    }
    // what every tool that counts multiply-accumulates says of ResNet-50 at 224 px, and PyTorch of its parameters
    expect(listings.find(({ name }) => name === 'resnet50')).toMatchObject({
      macs: 4_089_184_256,
      parameters: 25_557_032,
      gatedMacs: 0,
      imageSizePx: 224,
    });
  });

  it('lists every model that was promised, once', async () => {
    const { out } = await run(['models']);
    const listed = out.split('\n').map((line) => line.split(' ')[0]);
    for (const name of promised)
      expect(
        listed.filter((each) => each === name),
        name,
      ).toHaveLength(1);
  });

  it('prints the conventions under the numbers', async () => {
    const { out } = await run(['models']);
    expect(out).toMatch(/^resnet50 +224 px +25\.557 M +4\.089 G +4\.089 G$/m);
    expect(out).toContain('multiply-accumulates; convolutions and linear layers; controllers included');
  });
});
