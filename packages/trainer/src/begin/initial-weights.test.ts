import { createHash } from 'node:crypto';
import { createArchitecture } from '@dmnn/backbones';
import { type InitialWeightsOptions, type Weights, initialWeights } from '@dmnn/weights';
import { describe, expect, it } from 'vitest';

function digest(weights: Weights): string {
  const hash = createHash('sha256');
  for (const [name, { shape, data }] of weights) {
    hash.update(`${name} ${shape.join()}\n`);
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}

describe('initialWeights', () => {
  // what createNetwork started with before initialWeights was, as runs that are to be resumed or repeated did
  it.each<[string, InitialWeightsOptions, string]>([
    ['cifar-resnet8', { seed: 1 }, '527cf2b46fc261bfdb14d2a8592ac456d3301eb3875458872ce45cab8e4a444a'],
    [
      'dmnn-cifar-resnet8-0.25-n2',
      { seed: 20, openingRate: [0.99, 0.2], openingScale: [1, 0] },
      '600ae2a33104a50650f4ac4b3f54e4839a666984edf930a190574450d339f358',
    ],
    [
      'convnet-aig-cifar-resnet8-0.25-pad',
      { seed: 2 ** 53 - 1 },
      'd9a8701f29d320364bf9fcca92d6b200e3bbbcda299c7dd7e62b18684b60f0f3',
    ],
    [
      'dmnn-cifar-mobilenetv2-0.1-n2',
      { seed: 3 },
      'c0e87b773391423a94591ce39ec8b7106ea8436b8f02902fb46185c8de1d40ee',
    ],
  ])('of %s with %j stay the same', (name, options, expected) => {
    expect(digest(initialWeights(createArchitecture(name), options))).toBe(expected);
  });
});
