import type { Architecture } from '@dmnn/architecture';
import { createArchitecture } from '@dmnn/backbones';
import { families } from '@dmnn/backbones/internal';
import { type WeightTensor, type Weights, initialWeights, variableSpecs } from '@dmnn/weights';
import { describe, expect, it } from 'vitest';
import { ImportError } from '../import-error.js';
import { importWeights } from '../import-weights.js';
import { type NamesOf, nameMapOf, namingSchemes } from '../name-map-of.js';
import { pytorchShape } from '../pytorch-layout.js';
import { resolveNames } from '../resolve-names.js';
import { recogniseArchitecture } from './recognise-architecture.js';

/** The tensors of a network by the names of others, as far as they are looked at: without numbers. */
function tensorsOf(architecture: Architecture, names: NamesOf, prefix = ''): Weights | undefined {
  const map = nameMapOf(architecture, names);
  if (!map) return undefined;
  const none = (shape: readonly number[]): WeightTensor => ({
    dtype: 'F32',
    shape,
    data: new Float32Array(),
  });
  const specs = variableSpecs(architecture);
  if (names === 'dmnn') return new Map(specs.map(({ name, shape }) => [prefix + name, none(shape)]));
  return new Map(
    resolveNames(specs, map).map(({ spec, source }) => [prefix + source, none(pytorchShape(spec))]),
  );
}

function refusal(tensors: Weights): ImportError {
  try {
    recogniseArchitecture(tensors);
  } catch (error) {
    if (error instanceof ImportError) return error;
    throw error;
  }
  throw new Error('expected an error, got none');
}

const zoo = [
  ...families.flatMap(({ names }) => names),
  ...['cifar-resnet20-pad', 'cifar-resnet56-pad', 'cifar-resnet8-0.125', 'cifar-resnet50-basic', 'resnet18-0.5'],
]; // prettier-ignore

describe('recogniseArchitecture', () => {
  for (const names of namingSchemes) {
    const known = zoo.flatMap((name): [string, Architecture, Weights][] => {
      const architecture = createArchitecture(name);
      const tensors = tensorsOf(architecture, names, 'module.');
      return tensors ? [[name, architecture, tensors]] : [];
    });
    it.each(known)(`knows %s by ${names}'s names, or says which it may be`, (name, architecture, tensors) => {
      // strides and pools have no weights
      if (/^cifar-(?:mobilenetv2|resnet50$)/.test(name)) {
        const { problems } = refusal(tensors);
        expect(problems.join('\n')).toContain(`--model ${name}`);
        expect(problems).toHaveLength(2);
        return;
      }
      const found = recogniseArchitecture(tensors);
      if (name === 'resnet50-stride1x1') {
        expect(found.architecture).toEqual(createArchitecture('resnet50'));
        expect(found.assumed.join('\n')).toContain('--model resnet50-stride1x1');
      } else expect(found.architecture).toEqual(architecture);
      expect(found.found).toMatch(/^stem \d×\d, \d+ channels; .* \d+ classes$/);
    });
  }

  it.each([
    ['cifar-resnet8-0.25', 'pytorch-cifar'],
    ['cifar-resnet8-0.25-pad', 'torchvision'],
    ['mobilenetv2-0.1', 'timm'],
    ['efficientnet-lite0', 'efficientnet-pytorch'],
    ['cifar-resnext11-2x8d-0.25', 'dmnn'],
  ] as const)('gives the weights of %s back, by the names of %s', (name, names) => {
    const architecture = createArchitecture(name, { classes: name.startsWith('mobile') ? 1000 : 7 });
    const weights = initialWeights(architecture, { seed: 3 });
    const map = nameMapOf(architecture, names)!;
    const tensors = new Map(
      names === 'dmnn'
        ? weights
        : resolveNames(variableSpecs(architecture), map).map(({ spec, source }): [string, WeightTensor] => [
            source,
            toPytorch(weights.get(spec.name) as WeightTensor, pytorchShape(spec)),
          ]),
    );
    const found = recogniseArchitecture(tensors);
    expect([found.architecture, found.names]).toEqual([
      architecture,
      names === 'torchvision' || names === 'timm' ? expect.stringMatching(/torchvision|timm/) : names,
    ]);
    const imported = importWeights(found.architecture, tensors).weights;
    const bytes = (each: Weights) =>
      [...each].map(([key, { data }]) => [key, Buffer.from(data.buffer).toString('base64')]);
    expect(bytes(imported)).toEqual(bytes(weights));
  });

  it("says that timm's own EfficientNet-Lites have the tensors of the ported ones", () => {
    const network = createArchitecture('efficientnet-lite1');
    expect(recogniseArchitecture(tensorsOf(network, 'timm')!).assumed.join('\n')).toContain(
      "as in timm's tf_efficientnet_lite1; its own efficientnet_lite1 has others",
    );
    const { assumed, names } = recogniseArchitecture(tensorsOf(network, 'efficientnet-pytorch')!);
    expect(names).toBe('efficientnet-pytorch');
    expect(assumed).toEqual(['images of 240 pixels, for which its family is made']);
  });

  it('does not choose where the tensors do not', () => {
    const ten = tensorsOf(createArchitecture('mobilenetv2', { classes: 10 }), 'torchvision')!;
    const { problems, message } = refusal(ten);
    expect(message).toMatch(/got those of 2 that differ in what has no weights/);
    expect(problems).toEqual([
      expect.stringMatching(/^mobilenetv2, .*stride 2.*--model mobilenetv2 --classes 10$/),
      expect.stringMatching(/^cifar-mobilenetv2, .*stride 1.*--model cifar-mobilenetv2 --classes 10$/),
    ]);
    const thousand = tensorsOf(createArchitecture('mobilenetv2'), 'torchvision')!;
    expect(recogniseArchitecture(thousand).assumed.join('\n')).toContain('--model cifar-mobilenetv2');
  });

  it('looks at what the names begin with, if that is given', () => {
    const small = tensorsOf(createArchitecture('cifar-resnet8'), 'torchvision', 'small.')!;
    const large = tensorsOf(createArchitecture('cifar-resnet20'), 'torchvision', 'large.')!;
    const both = new Map([...small, ...large]);
    expect(recogniseArchitecture(both, { prefix: 'small.' }).architecture.name).toBe('cifar-resnet8');
    expect(recogniseArchitecture(both, { prefix: 'large.' }).architecture.name).toBe('cifar-resnet20');
    expect(() => recogniseArchitecture(both, { prefix: 'none.' })).toThrow(/after the prefix 'none\.'/);
    expect(() => recogniseArchitecture(small, { names: 'timm' })).toThrow(ImportError);
  });

  it('says what it found where no network of the zoo has it', () => {
    const tensors = new Map(tensorsOf(createArchitecture('resnet18'), 'torchvision'));
    tensors.set('layer4.2.conv1.weight', tensors.get('layer4.1.conv1.weight')!);
    tensors.set('layer4.2.conv2.weight', tensors.get('layer4.1.conv2.weight')!);
    expect(refusal(tensors).message).toMatch(
      /expected a network of the zoo, got one by torchvision's names with stem 7×7, 64 channels; 2, 2, 2 and 3 basic blocks of 64, 128, 256 and 512 channels; 3 projections; 1000 classes/,
    );
    tensors.delete('fc.weight');
    expect(refusal(tensors).message).toMatch(
      /by a known scheme of names, got \d+ tensors: conv1\.weight \[64, 3, 7, 7\]/,
    );
    expect(refusal(new Map()).message).toContain('got 0 tensors');
  });

  it('ends soon and with a typed error for names and shapes of any size', () => {
    const hostile = (shape: readonly number[], count = 3) =>
      new Map(
        Array.from({ length: count }, (_, i): [string, WeightTensor] => [
          i === 0 ? 'conv1.weight' : i === 1 ? 'fc.weight' : `layer1.${i - 2}.conv1.weight`,
          { dtype: 'F32', shape: i === 1 ? [2, 2] : shape, data: new Float32Array() },
        ]),
      );
    for (const shape of [[0, 0, 0, 0], [2 ** 52, 1, 3, 3], [1, 2 ** 52, 3, 3], [4], [1, 1, 3, 5]])
      for (const count of [3, 4000]) expect(refusal(hostile(shape, count)).code).toBe('DMNN_IMPORT');
  });
});

/** Our order to PyTorch's: the slowest index becomes the fastest. */
function toPytorch({ data, shape: ours }: WeightTensor, shape: readonly number[]): WeightTensor {
  const outputs = ours.at(-1) ?? 1;
  const inputs = ours.length === 4 ? (ours[2] ?? 1) : data.length / outputs;
  const pixels = data.length / outputs / inputs;
  const numbers = new Float32Array(data.length);
  if (ours.length < 2) numbers.set(data as Float32Array);
  else
    for (let p = 0; p < pixels; p++)
      for (let i = 0; i < inputs; i++)
        for (let o = 0; o < outputs; o++)
          numbers[(o * inputs + i) * pixels + p] = data[(p * inputs + i) * outputs + o] as number;
  return { dtype: 'F32', shape, data: numbers };
}
