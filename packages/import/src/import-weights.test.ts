import type { Architecture } from '@dmnn/architecture';
import { createArchitecture } from '@dmnn/backbones';
import { type WeightTensor, variableSpecs } from '@dmnn/weights';
import { basic, networkOf } from '@dmnn/test-networks';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arbitraryTensor, architectureOf, pytorchCase, tensorsOf } from './fixtures/pytorch-case.js';
import { ImportError } from './import-error.js';
import { type ImportOptions, importWeights } from './import-weights.js';
import { nameMapOf } from './name-map-of.js';
import { pytorchShape } from './pytorch-layout.js';
import { resolveNames } from './resolve-names.js';

/** Names of torchvision's, few numbers. */
const blocks = networkOf([basic(4, 2, 4), basic(4, 3, 4)], [basic(4, 2, 6)]);
const tiny: Architecture = {
  ...blocks,
  name: 'tiny',
  imageSizePx: 8,
  head: { ...blocks.head, classes: 5 },
};

function tinyTensors(): Map<string, WeightTensor> {
  const resolved = resolveNames(variableSpecs(tiny), nameMapOf(tiny, 'torchvision')!);
  const tensors = new Map(
    resolved.map(({ spec, source }) => [source, arbitraryTensor(source, pytorchShape(spec))]),
  );
  for (const name of [...tensors.keys()]) {
    const norm = /^(.*\.)running_mean$/.exec(name)?.[1];
    if (norm) tensors.set(`${norm}num_batches_tracked`, arbitraryTensor('num_batches_tracked', []));
  }
  return tensors;
}

/** The same, with all names after a prefix. */
function under(prefix: string): Map<string, WeightTensor> {
  return new Map([...tinyTensors()].map(([name, tensor]) => [prefix + name, tensor]));
}

function refused(
  tensors: ReadonlyMap<string, WeightTensor>,
  options?: ImportOptions,
  architecture = tiny,
): ImportError {
  try {
    importWeights(architecture, tensors, options);
  } catch (error) {
    expect(error).toBeInstanceOf(ImportError);
    return error as ImportError;
  }
  throw new Error('expected an ImportError, got weights');
}

const scalar = (shape: number[], value = 0): WeightTensor => ({
  dtype: 'F32',
  shape,
  data: new Float32Array(shape.reduce((product, length) => product * length, 1)).fill(value),
});

describe('importWeights', () => {
  it('gives every variable, in the variables’ order, and leaves counters out', () => {
    const { weights, ignored } = importWeights(tiny, tinyTensors());
    expect([...weights.keys()]).toEqual(variableSpecs(tiny).map(({ name }) => name));
    expect(ignored).toContain('layer2.0.downsample.1.num_batches_tracked');
    expect(ignored).toHaveLength(8);
  });

  it('turns layouts round, number by number', () => {
    const tensors = tinyTensors();
    const { weights } = importWeights(tiny, tensors);
    // [Cout, Cin, k, k] by hand: theirs at (o, i, h, w) is ours at (h, w, i, o)
    const theirs = tensors.get('conv1.weight')!.data;
    const ours = weights.get('stem.unit0.weight')!;
    expect(ours.shape).toEqual([3, 3, 3, 4]);
    expect(ours.data[((2 * 3 + 1) * 3 + 0) * 4 + 3]).toBe(theirs[((3 * 3 + 0) * 3 + 2) * 3 + 1]);
    const matrix = weights.get('head.linear.weight')!;
    expect(matrix.shape).toEqual([6, 5]);
    expect(matrix.data[4 * 5 + 2]).toBe(tensors.get('fc.weight')!.data[2 * 6 + 4]);
  });

  it('shares no memory with the tensors', () => {
    const tensors = tinyTensors();
    const { weights } = importWeights(tiny, tensors);
    const before = [...weights.values()].map(({ data }) => [...(data as Float32Array)]);
    for (const { dtype, data } of tensors.values()) if (dtype === 'F32') data.fill(9);
    expect([...weights.values()].map(({ data }) => [...(data as Float32Array)])).toEqual(before);
  });

  it('lists every difference at once', () => {
    const tensors = tinyTensors();
    tensors.set('layer1.0.conv_1.weight', tensors.get('layer1.0.conv1.weight')!);
    tensors.delete('layer1.0.conv1.weight');
    tensors.set('layer1.0.conv2.weight', scalar([4, 2, 3, 1]));
    tensors.set('bn1.weight', { dtype: 'I32', shape: [4], data: new Int32Array(4) });
    tensors.set('bn1.bias', scalar([4], NaN));
    tensors.set('bn1.running_var', scalar([4], -1));
    tensors.set('fc.bias', { dtype: 'F32', shape: [5], data: new Float32Array(3) });
    tensors.set('extra\u001b[2J', scalar([]));
    tensors.set('nobody.num_batches_tracked', arbitraryTensor('num_batches_tracked', []));
    tensors.set('layer1.1.bn1.num_batches_tracked', scalar([2]));
    expect(refused(tensors).problems).toEqual([
      'stem.unit0.gamma: expected bn1.weight, F32 [4], got I32 [4]',
      'stem.unit0.beta: expected bn1.bias, F32 [4] of finite numbers, got NaN at index 0',
      'stem.unit0.movingVariance: expected bn1.running_var, F32 [4] of finite numbers ≥ 0, got -1 at index 0',
      'stage0.block0.subblock0.unit0.weight: expected layer1.0.conv1.weight, F32 [2, 4, 3, 3], got nothing; did you mean layer1.0.conv_1.weight?',
      'stage0.block0.subblock0.unit1.weight: expected layer1.0.conv2.weight, F32 [4, 2, 3, 3], got F32 [4, 2, 3, 1]',
      'head.linear.bias: expected fc.bias, F32 [5], got 3 numbers',
      'layer1.1.bn1.num_batches_tracked: unexpected, got F32 [2]',
      'layer1.0.conv_1.weight: unexpected, got F32 [2, 4, 3, 3]',
      'extra\\u001b[2J: unexpected, got F32 []',
      'nobody.num_batches_tracked: unexpected, got I64 []',
    ]);
  });

  it('notices one tensor that is missing, renamed or changed, whichever it is', () => {
    const names = [...tinyTensors()].filter(([, { dtype }]) => dtype === 'F32').map(([name]) => name);
    fc.assert(
      fc.property(
        fc.constantFrom(...names),
        fc.constantFrom('drop', 'rename', 'grow', 'infinite'),
        (name, how) => {
          const tensors = tinyTensors();
          const { shape, data } = tensors.get(name)!;
          if (how === 'infinite') data[data.length - 1] = Infinity;
          else tensors.delete(name);
          if (how === 'rename') tensors.set(`${name}x`, scalar([...shape]));
          if (how === 'grow') tensors.set(name, scalar([...shape, 2]));
          const { problems } = refused(tensors);
          expect(problems).toHaveLength(how === 'rename' ? 2 : 1);
          expect(problems[0]).toContain(`expected ${name}, F32 [${shape.join(', ')}]`);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('says what a file of more classes needs', () => {
    expect(refused(tinyTensors(), {}, { ...tiny, head: { ...tiny.head, classes: 7 } }).hints).toEqual([
      'The file has 5 classes and tiny 7: create it with as many (--classes 5).',
    ]);
  });

  it.each(['module.', 'model.', 'state_dict.', 'ema.', 'model_ema.module.', 'state_dict._orig_mod.module.'])(
    'finds the prefix %s and says so',
    (prefix) => {
      const bare = importWeights(tiny, tinyTensors());
      expect(bare.prefix).toBe('');
      const prefixed = importWeights(tiny, under(prefix));
      expect(prefixed.prefix).toBe(prefix);
      expect(prefixed.weights).toEqual(bare.weights);
      expect(prefixed.ignored).toEqual(bare.ignored.map((name) => prefix + name));
      expect(importWeights(tiny, under(prefix), { prefix }).weights).toEqual(bare.weights);
    },
  );

  it('refuses a prefix that the names do not have', () => {
    expect(refused(tinyTensors(), { prefix: 'module.' }).problems.length).toBeGreaterThan(20);
    expect(refused(under('module.'), { prefix: '' }).problems.length).toBeGreaterThan(20);
  });

  it.each([
    ['', 'ema.'],
    ['model.', 'model_ema.module.'],
    ['state_dict.', 'state_dict_ema.'],
    ['model.', 'model.ema.'],
  ])('names raw and averaged weights after %j and %j, and lets the user choose', (raw, averaged) => {
    const tensors = new Map([...under(raw), ...under(averaged)]);
    for (const [name, { data }] of tensors) {
      if (name.startsWith(averaged) && name.endsWith('fc.bias')) data.fill(7 as never);
    }
    const { message, problems, hints } = refused(tensors);
    expect(message).toContain('expected one set of the tensors of tiny, got 2');
    expect(problems).toHaveLength(2);
    expect(problems.join()).toContain(raw === '' ? 'without a prefix' : `after '${raw}'`);
    expect(problems.join()).toContain(`after '${averaged}'`);
    expect(hints.join()).toContain(`--prefix '${averaged}'`);

    const all = tinyTensors().size;
    for (const prefix of [raw, averaged]) {
      const { weights, outsidePrefix, ignored } = importWeights(tiny, tensors, { prefix });
      expect(weights.get('head.linear.bias')?.data[0] === 7).toBe(prefix === averaged);
      expect(outsidePrefix).toHaveLength(all);
      expect(ignored).toHaveLength(all + 8);
    }
  });

  it('leaves out what is outside a prefix only if one is given', () => {
    const tensors = new Map([...under('model.'), ['optimizer.step', scalar([])], ['ema_decay', scalar([])]]);
    const { problems, hints } = refused(tensors);
    expect(problems).toEqual(['optimizer.step: unexpected, got F32 []', 'ema_decay: unexpected, got F32 []']);
    expect(hints).toEqual([expect.stringContaining('--prefix model.')]);
    expect(importWeights(tiny, tensors, { prefix: 'model.' }).outsidePrefix).toEqual([
      'optimizer.step',
      'ema_decay',
    ]);
    tensors.set('model.extra', scalar([]));
    expect(refused(tensors, { prefix: 'model.' }).problems).toEqual(['model.extra: unexpected, got F32 []']);
  });

  it('names the tensors that lack the prefix of the others', () => {
    const tensors = under('backbone.');
    tensors.set('fc.bias', tensors.get('backbone.fc.bias')!);
    tensors.delete('backbone.fc.bias');
    expect(refused(tensors).problems).toEqual([
      'head.linear.bias: expected backbone.fc.bias, F32 [5], got nothing',
      'fc.bias: unexpected, got F32 [5]',
    ]);
  });

  it.each([
    ['I64', [], BigInt64Array.of(3n)],
    ['I64', [1], BigInt64Array.of(3n)],
    ['I32', [], Int32Array.of(3)],
    ['F32', [], Float32Array.of(3)],
    ['F32', [1], Float32Array.of(Infinity)], // a large count that was cast to half
  ] as const)('leaves out counters of %s %j', (dtype, shape, data) => {
    const tensors = tinyTensors();
    for (const name of tensors.keys())
      if (name.endsWith('num_batches_tracked')) tensors.set(name, { dtype, shape, data } as WeightTensor);
    expect(importWeights(tiny, tensors).ignored).toHaveLength(8);
  });

  it('lists differences to 20 lines and counts the others', () => {
    const tensors = tinyTensors();
    for (let i = 0; i < 50_000; i++) tensors.set(`${'x'.repeat(280)}${i}`, scalar([]));
    const { message, problems } = refused(tensors);
    expect(problems).toHaveLength(50_000);
    expect(message.length).toBeLessThan(10_000);
    expect(message).toContain('… and 49980 more');
  });

  it.each([
    ['a stem of several convolutions', 'conv1.0.weight'],
    ['shortcuts with average pooling', 'layer1.0.downsample.2.weight'],
    ['a stem that downsamples with a convolution', 'maxpool.0.weight'],
    ['channel attention', 'layer1.0.se.fc1.weight'],
    ['convolutions with a bias', 'layer1.0.conv1.bias'],
    ['a network of another family', 'stages.0.blocks.0.conv1.weight'],
    ['another head', 'aux_head.weight'],
  ])('explains %s', (what, name) => {
    const { hints } = refused(new Map([...tinyTensors(), [name, scalar([2])]]));
    expect(hints).toHaveLength(1);
    expect(hints[0]).toContain(what);
  });

  it('explains norms without statistics', () => {
    const tensors = tinyTensors();
    tensors.delete('bn1.running_mean');
    tensors.delete('bn1.running_var');
    const { hints } = refused(tensors);
    expect(hints).toEqual([expect.stringContaining('no running statistics')]);
  });

  it('detects the naming scheme of a file, or takes the given one', () => {
    const fixture = pytorchCase('timm-mobilenetv2_100');
    const [architecture, tensors] = [architectureOf(fixture), tensorsOf(fixture)];
    expect(importWeights(architecture, tensors).names).toBe('timm');
    expect(importWeights(tiny, tinyTensors(), { names: 'timm' }).names).toBe('timm');
    const { message, problems } = refused(tensors, { names: 'torchvision' }, architecture);
    expect(message).toContain("by torchvision's names");
    expect(problems.length).toBeGreaterThan(2 * 260);
  });

  it('detects the names of CIFAR repositories, with projections and with padded shortcuts', () => {
    for (const name of ['cifar-resnet8', 'cifar-resnet8-pad']) {
      const architecture = createArchitecture(name, { classes: 10 });
      const sources = resolveNames(variableSpecs(architecture), nameMapOf(architecture, 'pytorch-cifar')!);
      const tensors = new Map(
        sources.map(({ spec, source }) => [`module.${source}`, arbitraryTensor(source, pytorchShape(spec))]),
      );
      // as in akamaster's pytorch_resnet_cifar10 and kuangliu's pytorch-cifar
      expect(tensors.has('module.linear.weight')).toBe(true);
      expect(tensors.has('module.layer2.0.shortcut.1.running_mean')).toBe(name === 'cifar-resnet8');
      const { weights, names, prefix } = importWeights(architecture, tensors);
      expect([names, prefix, weights.size]).toEqual(['pytorch-cifar', 'module.', tensors.size]);
    }
    expect(nameMapOf(createArchitecture('mobilenetv2'), 'pytorch-cifar')).toBeUndefined();
  });

  it('says that neither has dynamic networks', () => {
    const dynamic = createArchitecture('dmnn-cifar-resnet8-n2');
    expect(refused(new Map(), {}, dynamic).message).toMatch(/undivided .* got dmnn-cifar-resnet8-n2/);
  });
});

describe('importWeights, of a file with very many tensors', () => {
  it('looks at each of them a few times, not once for each variable that is missing', () => {
    let looks = 0;
    class Counted extends Map<string, WeightTensor> {
      override get(name: string): WeightTensor | undefined {
        looks++;
        return super.get(name);
      }
    }
    const tensor: WeightTensor = { dtype: 'F32', shape: [64], data: new Float32Array(64) };
    const tensors = new Counted(Array.from({ length: 20_000 }, (_, i) => [`t${i}`, tensor]));
    const architecture = createArchitecture('resnet18'); // of 102 variables
    expect(() => importWeights(architecture, tensors)).toThrow(ImportError);
    expect(looks).toBeLessThan(10 * tensors.size);
  });
});

describe('importWeights, by a map', () => {
  const map = nameMapOf(tiny, 'torchvision')!;

  it('gives what the names of torchvision give, if the map is theirs', () => {
    const { weights, names } = importWeights(tiny, tinyTensors(), { names: map });
    expect(names).toBe('map');
    expect(weights).toEqual(importWeights(tiny, tinyTensors()).weights);
  });

  it('leaves out what it says, and says what it may not', () => {
    const tensors = new Map([...tinyTensors(), ['aux.0.weight', scalar([2])], ['aux.1.bias', scalar([2])]]);
    const ignoring = (...ignored: string[]) => importWeights(tiny, tensors, { names: { ...map, ignored } });
    expect(ignoring('aux.*').ignored).toEqual(expect.arrayContaining(['aux.0.weight', 'aux.1.bias']));
    expect(() => ignoring('aux.*.weight')).toThrow(/aux\.1\.bias: unexpected/);
    expect(() => ignoring('aux.*', 'ema.*')).toThrow(expect.objectContaining({ code: 'DMNN_NAME_MAP' }));
    expect(() => ignoring('aux.*', 'ema.*')).toThrow(/got ema\.\*, which matches none/);
    expect(() => ignoring('*')).toThrow(
      /expected tensors that no variable needs, got \*, which matches conv1\.weight/,
    );
  });

  it('imports a dynamic network of somebody’s own, controllers and all', () => {
    const architecture = createArchitecture('dmnn-cifar-resnet8-0.25-n2', { classes: 5 });
    const specs = variableSpecs(architecture);
    const own = {
      names: {
        'stem.unit0': ['conv', 'norm'],
        'stage{s}.block{b}.subblock{n}.unit{u}': ['s{s}.b{b}.path{n}.conv{u}', 's{s}.b{b}.path{n}.norm{u}'],
        'stage{s}.block{b}.shortcut': ['s{s}.b{b}.skip', 's{s}.b{b}.skip_norm'],
        'stage{s}.block{b}.controller.embed': 's{s}.b{b}.gate.fc1',
        'stage{s}.block{b}.controller.decide': 's{s}.b{b}.gate.fc2',
        'controllers.carry': 'carry',
        'head.linear': 'fc',
      },
    } as const;
    const resolved = resolveNames(specs, own);
    const tensors = new Map(
      resolved.map(({ spec, source }) => [source, arbitraryTensor(source, pytorchShape(spec))]),
    );
    const { weights } = importWeights(architecture, tensors, { names: own });
    expect(weights.size).toBe(specs.length);
    const decide = tensors.get('s0.b0.gate.fc2.weight')!;
    const ours = weights.get('stage0.block0.controller.decide.weight')!;
    expect([...decide.shape].reverse()).toEqual(ours.shape);
    expect(ours.data[1]).toBe(decide.data[decide.shape[1]!]);
  });
});
