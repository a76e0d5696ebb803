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

  const numbers = (shape: readonly number[], start = 1): WeightTensor => ({
    dtype: 'F32',
    shape,
    data: Float32Array.from(
      { length: shape.reduce((product, length) => product * length, 1) },
      (_, i) => i + start,
    ),
  });
  /** A file whose head has other linear layers: their places, and what each gives. */
  const withHead = (
    name: string,
    prefix: string,
    layers: readonly (readonly [path: string, features: number])[],
  ) => {
    const network = createArchitecture(name, { classes: 10 });
    const map = nameMapOf(network, 'torchvision')!;
    const weights = initialWeights(network, { seed: 1 });
    let inputs = network.head.inFeatures;
    return new Map<string, WeightTensor>([
      ...resolveNames(variableSpecs(network), map)
        .filter(({ spec }) => !spec.name.startsWith('head.linear'))
        .map(({ spec, source }): [string, WeightTensor] => [
          prefix + source,
          toPytorch(weights.get(spec.name) as WeightTensor, pytorchShape(spec)),
        ]),
      ...layers.flatMap(([path, features]): [string, WeightTensor][] => {
        const weight = numbers([features, inputs]);
        inputs = features;
        return [
          [`${prefix}${path}.weight`, weight],
          [`${prefix}${path}.bias`, numbers([features], 0.5)],
        ];
      }),
    ]);
  };

  it.each([
    ['cifar-resnet8-0.25', '', 'fc', [['fc.0', 3], ['fc.2', 4]], ['relu']],
    ['cifar-resnet8-0.25', 'module.', 'fc', [['fc.1', 7], ['fc.4', 6], ['fc.10', 5]], ['relu', 'relu']],
    ['cifar-resnet8-0.25', '', 'fc', [['fc.0', 3], ['fc.1', 4]], ['none']],
    ['cifar-resnet8-0.25', '', 'fc', [['fc.1', 4]], []],
    ['mobilenetv2-0.1', '', 'classifier', [['classifier.0', 6], ['classifier.3', 1000]], ['relu']],
    ['mobilenetv2-0.1', '', 'classifier', [['classifier.0', 6], ['classifier.3', 6], ['classifier.6', 1000]], ['relu', 'relu']],
  ] as const)('knows a head of several linear layers: %s %s%s %j', (name, prefix, _, layers, activations) => {
    const tensors = withHead(name, prefix, layers);
    const { architecture, found, assumed } = recogniseArchitecture(tensors);
    const { head } = architecture;
    const features = layers.map(([, each]) => each as number);
    expect(head.classes).toBe(features.at(-1));
    expect(head.hidden ?? []).toEqual(
      activations.map((activation, i) => ({ features: features[i], activation })),
    );
    const says = assumed.filter((each) => each.includes('--head-activation'));
    expect(says).toHaveLength(activations.length > 0 ? 1 : 0);
    if (says[0] !== undefined) {
      expect(says[0]).toContain(`${activations[0] as string} after ${layers[0][0]}`);
      expect(found).toContain('hidden features');
    }
    const { weights } = importWeights(architecture, tensors);
    const inputs = head.inFeatures;
    const first = weights.get(activations.length > 0 ? 'head.hidden0.weight' : 'head.linear.weight');
    expect(first?.shape).toEqual([inputs, features[0]]);
    expect([first?.data[0], first?.data[1]]).toEqual([1, inputs + 1]); // the second output's first input
    expect(weights.get('head.linear.bias')?.data.join()).toBe(
      Array.from({ length: head.classes }, (_, i) => i + 0.5).join(),
    );
    // by our own names, too
    const [headActivation] = activations;
    expect(recogniseArchitecture(weights, { headActivation }).architecture.head).toEqual(head);
  }); // prettier-ignore

  it("takes another activation of a head's hidden layers, where there are any", () => {
    const tensors = withHead('mobilenetv2-0.1', '', [['classifier.0', 6], ['classifier.3', 1000]]); // prettier-ignore
    const { architecture, assumed } = recogniseArchitecture(tensors, { headActivation: 'hard-swish' });
    expect(architecture.head.hidden).toEqual([{ features: 6, activation: 'hard-swish' }]);
    expect(assumed.join('\n')).not.toContain('--head-activation');
    const plain = withHead('cifar-resnet8-0.25', '', [['fc', 4]]);
    for (const [file, headActivation, message] of [
      [plain, 'relu', 'headActivation: expected none, since the head has one linear layer'],
      [tensors, 'gelu' as 'relu', "headActivation: expected none, relu, relu6, hard-swish, got 'gelu'"],
    ] as const)
      expect(() => recogniseArchitecture(file, { headActivation })).toThrow(message);
    const given = createArchitecture('mobilenetv2-0.1');
    expect(() => importWeights(given, tensors)).toThrow(
      /head has 2 linear layers \(classifier\.0\.weight, classifier\.3\.weight\), the architecture's 1: leave the model out/,
    );
    // what stands between them and has tensors is no dropout
    const norm = ['weight', 'bias', 'running_mean', 'running_var'];
    const normed = new Map([...tensors, ...norm.map((leaf) => [`classifier.1.${leaf}`, numbers([6])] as const)]); // prettier-ignore
    expect(() => importWeights(recogniseArchitecture(normed).architecture, normed)).toThrow(
      /classifier\.1\.weight: unexpected(?:.|\n)*head has a batch norm \(classifier\.1\), .* fold it into the linear layer/,
    );
    const biasless = new Map(tensors);
    biasless.delete('classifier.3.bias');
    expect(() => importWeights(recogniseArchitecture(biasless).architecture, biasless)).toThrow(
      'Linear layers in the file have no bias: save zeros as classifier.3.bias',
    );
    // and what does not fit together, or has other names, is no head
    const torn = new Map(tensors).set('classifier.3.weight', numbers([4, 5]));
    expect(() => recogniseArchitecture(torn)).toThrow(ImportError);
    const renamed = new Map([...plain].map(([name, each]) => [name.replace('fc.', 'my.'), each]));
    expect(() => recogniseArchitecture(renamed)).toThrow(
      /expected the linear layers of a head at fc \(or fc\.0, ….3\), .* after 3 blocks by torchvision's names, got my\.weight \[4, \d+\]\.\nRename the tensors of the head to fc\.weight/,
    );
    const headless = new Map([...plain].filter(([name]) => !name.startsWith('fc.')));
    expect(() => recogniseArchitecture(headless)).toThrow(/got no matrix at all\.\nThe file is of a network without its classifier/); // prettier-ignore
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
    tensors.delete('layer2.0.conv1.weight');
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
