import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { convUnit } from '@dmnn/architecture';
import { createArchitecture } from '@dmnn/backbones';
import { type WeightTensor, variableSpecs, writeSafetensors } from '@dmnn/weights';
import { openNetworkData } from '@dmnn/runs';
import { afterAll, describe, expect, it } from 'vitest';
import { importModel } from '../../import-model.js';
import { run } from '../../fixtures/run-captured.js';

const folder = mkdtempSync(join(tmpdir(), 'dmnn-import-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A CIFAR ResNet of `classes` as PyTorch would keep it, all its numbers `value`, under torchvision's names. */
function torchTensors(classes = 100, value = 0.5): Map<string, WeightTensor> {
  const torch = [
    [/^stem\.unit0/, () => ['conv1', 'bn1']],
    [/^stage(\d)\.block(\d)\.subblock0\.unit(\d)/, (s, b, u) => [`layer${s + 1}.${b}.conv${u + 1}`, `layer${s + 1}.${b}.bn${u + 1}`]],
    [/^stage(\d)\.block(\d)\.shortcut/, (s, b) => [`layer${s + 1}.${b}.downsample.0`, `layer${s + 1}.${b}.downsample.1`]],
    [/^head\.linear/, () => ['fc']],
  ] as readonly (readonly [RegExp, (...numbers: number[]) => string[]])[]; // prettier-ignore
  const leaf = { gamma: 'weight', beta: 'bias', movingMean: 'running_mean', movingVariance: 'running_var' };
  const tensors = new Map<string, WeightTensor>();
  for (const { name: ours, shape } of variableSpecs(createArchitecture('cifar-resnet8-0.25', { classes }))) {
    const end = ours.slice(ours.lastIndexOf('.') + 1);
    for (const [pattern, places] of torch) {
      const found = pattern.exec(ours);
      if (!found) continue;
      const [layer = '', norm = ''] = places(...found.slice(1).map(Number));
      const theirs = end in leaf ? `${norm}.${leaf[end as keyof typeof leaf]}` : `${layer}.${end}`;
      const size = shape.reduce((product, length) => product * length, 1);
      const [k = 0, , inputs = 0, outputs = 0] = shape;
      const theirShape = shape.length === 4 ? [outputs, inputs, k, k] : [...shape].reverse();
      tensors.set(theirs, { dtype: 'F32', shape: theirShape, data: new Float32Array(size).fill(value) });
    }
  }
  return tensors;
}

function torchFile(name: string, classes = 100): string {
  return written(name, torchTensors(classes));
}

function written(name: string, tensors: ReadonlyMap<string, WeightTensor>): string {
  const path = join(folder, `${name}.safetensors`);
  writeFileSync(path, writeSafetensors(tensors));
  return path;
}

/** A MobileNetV2 of 10 classes by our own names. */
function mobilenetTensors(): Map<string, WeightTensor> {
  const architecture = createArchitecture('mobilenetv2-0.1', { classes: 10 });
  return new Map(
    variableSpecs(architecture).map(({ name, shape }) => [
      name,
      { dtype: 'F32', shape, data: new Float32Array(shape.reduce((product, length) => product * length, 1)) },
    ]),
  );
}

/** The network of the fixtures that PyTorch wrote. */
const tiny = {
  name: 'tiny',
  imageSizePx: 32,
  inChannels: 2,
  stem: { units: [convUnit(1, 2, 3)] },
  stages: [],
  head: { units: [], inFeatures: 3, classes: 2 },
};

function under(prefix: string, tensors: ReadonlyMap<string, WeightTensor>): [string, WeightTensor][] {
  return [...tensors].map(([name, tensor]) => [prefix + name, tensor]);
}

/** The same tensors as halves, which are 0.5 or 0, counters of batches too. */
function asHalves(tensors: ReadonlyMap<string, WeightTensor>): Uint8Array {
  const header: Record<string, object> = {};
  let at = 0;
  for (const [name, { shape, data }] of tensors) {
    header[name] = { dtype: 'F16', shape, data_offsets: [at, (at += 2 * data.length)] };
  }
  const json = Buffer.from(JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(json.length));
  const halves = [...tensors.values()].flatMap(({ data }) =>
    Array.from(data as Float32Array, (each) => (each === 0 ? 0 : 0x3800)),
  );
  return Buffer.concat([size, json, Buffer.from(Uint16Array.from(halves).buffer)]);
}

describe('dmnn import', () => {
  it('writes a model folder that opens, and can be evaluated', async () => {
    const out = join(folder, 'model');
    const {
      code,
      out: text,
      err,
    } = await run(['import', torchFile('a'), '--model', 'cifar-resnet8-0.25', '--out', out]);
    expect([code, err]).toEqual([0, '']);
    expect(text).toMatch(/^cifar-resnet8-0\.25: 47 tensors with the names of torchvision; 0 ignored$/m);
    const model = await openNetworkData(out);
    expect(model.architecture).toEqual(createArchitecture('cifar-resnet8-0.25'));
    expect(model.channelMeans).toEqual([0.485, 0.456, 0.406]);
    expect(model).not.toHaveProperty('classNames');

    const evaluation = await run(['eval', out, '--backend', 'wasm', '--data', 'built-in=16', '--json']);
    expect(evaluation.code).toBe(0);
    expect(JSON.parse(evaluation.out)).toMatchObject({ macsRatio: 1, executionRates: [] });
    const shown = await run(['eval', out, '--backend', 'wasm', '--data', 'built-in=16']);
    expect(shown.out).toContain('cifar-resnet8-0.25, imported from a.safetensors: 4 test images of built-in');
    const without = await run(['eval', out, '--backend', 'wasm']);
    expect(without.code).toBe(2);
    expect(without.err).toContain('and the network was imported');
  });

  it('takes classes, their names, and the normalisation', async () => {
    const out = join(folder, 'three');
    writeFileSync(join(folder, 'classes.txt'), 'cat\ndog\nowl\n\n'); // CIFAR's lists end with an empty line
    const { code, out: text } = await run([
      ...['import', torchFile('three', 3), '--model', 'cifar-resnet8-0.25', '--out', out, '--classes', '3'],
      ...['--class-names', join(folder, 'classes.txt'), '--means', '0.1,0.2,0.3', '--deviations', '0.4,0.5,0.6', '--json'],
    ]); // prettier-ignore
    expect(code).toBe(0);
    expect(JSON.parse(text)).toMatchObject({
      model: 'cifar-resnet8-0.25',
      tensors: 47,
      converted: {},
      importedFrom: { names: 'torchvision' },
    });
    expect(await openNetworkData(out)).toMatchObject({
      classNames: ['cat', 'dog', 'owl'],
      channelMeans: [0.1, 0.2, 0.3],
      channelDeviations: [0.4, 0.5, 0.6],
    });
  });

  it('needs no model where the tensors show it, and says what it found and assumed', async () => {
    const out = join(folder, 'recognised');
    const { code, out: text } = await run(['import', torchFile('recognised', 10), '--out', out]);
    expect(code).toBe(0);
    expect(text).toMatch(/^cifar-resnet8-0\.25: 47 tensors/m);
    expect(text).toMatch(
      /^recognised by its tensors: stem 3×3, 4 channels; 1, 1 and 1 basic blocks of 4, 8 and 16 channels; 2 projections; 10 classes$/m,
    );
    expect(text).toMatch(/^assumed, since weights do not show it: images of 32 pixels/m);
    expect(text).toMatch(
      /^assumed, since weights do not show it: means and deviations of ImageNet.*--means.*--deviations/m,
    );
    expect((await openNetworkData(out)).architecture).toEqual(
      createArchitecture('cifar-resnet8-0.25', { classes: 10 }),
    );
    const json = await run(['import', torchFile('recognised', 10), '--out', join(folder, 'recognised-2'), '--json', '--means', '0,0,0', '--deviations', '1,1,1']); // prettier-ignore
    expect(JSON.parse(json.out)).toMatchObject({
      recognised: {
        found: expect.stringContaining('stem 3×3') as string,
        assumed: [expect.stringContaining('32 pixels')],
      },
    });
    const map = join(folder, 'without-model.json');
    writeFileSync(map, '{"names": {"head.linear": "fc"}}');
    const mapped = await run([
      'import',
      torchFile('recognised', 10),
      '--names',
      map,
      '--out',
      join(folder, 'x'),
    ]);
    expect(mapped.err).toContain('--names: expected a naming scheme without --model');
    const twins = await run(['import', written('twins', mobilenetTensors()), '--out', join(folder, 'x')]);
    expect([twins.code, twins.err]).toEqual([
      1,
      expect.stringMatching(/--model mobilenetv2-0\.1 --classes 10(?:.|\n)*--model cifar-mobilenetv2-0\.1/),
    ]);
  });

  it('takes a head of several linear layers, and says what it assumes between them', async () => {
    const tensors = torchTensors(10);
    tensors.delete('fc.weight');
    tensors.delete('fc.bias');
    const filled = (shape: number[]): WeightTensor => ({
      dtype: 'F32',
      shape,
      data: new Float32Array(shape.reduce((product, length) => product * length, 1)).fill(0.5),
    });
    for (const [path, outputs, inputs] of [
      ['fc.0', 5, 16],
      ['fc.3', 10, 5],
    ] as const) {
      tensors.set(`${path}.weight`, filled([outputs, inputs]));
      tensors.set(`${path}.bias`, filled([outputs]));
    }
    const file = written('head', tensors);
    const first = await run(['import', file, '--out', join(folder, 'head-1')]);
    expect(first.code).toBe(0);
    expect(first.out).toContain(
      "assumed, since weights do not show it: relu after fc.0, the head's linear layers before its last; another is --head-activation none, relu6, hard-swish",
    );
    const out = join(folder, 'head-2');
    const second = await run(['import', file, '--out', out, '--head-activation', 'hard-swish']);
    expect(second.out).not.toContain('fc.0');
    const { architecture } = await openNetworkData(out);
    expect(architecture.head).toMatchObject({
      hidden: [{ features: 5, activation: 'hard-swish' }],
      classes: 10,
    });
    const evaluation = await run(['eval', out, '--backend', 'wasm', '--data', 'shapes=16']);
    expect(evaluation.code, evaluation.err).toBe(0);

    // the zoo's network with the file's head
    const named = join(folder, 'head-3');
    const given = ['--model', 'cifar-resnet8-0.25', '--classes', '10', '--head-activation', 'relu6'];
    const third = await run(['import', file, '--out', named, ...given]);
    expect(third.err).toBe('');
    expect(third.out).toContain('recognised by its tensors: a head of 5 hidden features; 10 classes');
    expect((await openNetworkData(named)).architecture.head.hidden).toEqual([
      { features: 5, activation: 'relu6' },
    ]);
    const fewer = await run(['import', file, '--out', join(folder, 'head-4'), '--model', 'cifar-resnet8-0.25']); // prettier-ignore
    expect(fewer.err).toContain('--classes 10');
    const json = join(folder, 'head.json');
    writeFileSync(json, JSON.stringify(architecture));
    const byFile = ['import', file, '--out', join(folder, 'head-4'), '--head-activation', 'relu'];
    expect(await run([...byFile, '--model', json])).toMatchObject({
      code: 2,
      err: expect.stringContaining('--head-activation: expected none with an architecture file') as string,
    });
    await expect(
      importModel({ file, out: join(folder, 'head-4'), model: architecture, headActivation: 'relu' }),
    ).rejects.toThrow('headActivation: expected none with an architecture');
    const plain = ['import', torchFile('one-layer', 10), '--out', join(folder, 'head-4'), ...given];
    expect((await run(plain)).err).toContain('since the head has one linear layer');
  });

  it('takes a MobileNetV2 with three linear layers and other classes, once it is named', async () => {
    const tensors = new Map<string, WeightTensor>();
    const filled = (shape: readonly number[]): WeightTensor => ({
      dtype: 'F32',
      shape,
      data: new Float32Array(shape.reduce((product, length) => product * length, 1)).fill(0.5),
    });
    const network = createArchitecture('mobilenetv2-0.1', { classes: 10 });
    const head = { ...network.head, hidden: [{ features: 6, activation: 'relu' }, { features: 4, activation: 'relu' }] } as const; // prettier-ignore
    const specs = variableSpecs({ ...network, head });
    for (const { name, shape } of specs) tensors.set(name, filled(shape));
    const file = written('mobile-head', tensors);
    const out = join(folder, 'mobile-head');
    const twins = await run(['import', file, '--out', out]);
    expect(twins.err).toMatch(/--model mobilenetv2-0\.1 --classes 10(?:.|\n)*--model cifar-mobilenetv2-0\.1/);
    const chosen = await run(['import', file, '--out', out, '--model', 'mobilenetv2-0.1', '--classes', '10']);
    expect([chosen.code, chosen.err]).toEqual([0, '']);
    expect((await openNetworkData(out)).architecture.head).toEqual(head);
  });

  it('says what to do in the words of the command line', async () => {
    const out = join(folder, 'words');
    const file = torchFile('words', 10);
    const names = join(folder, 'nine.txt');
    writeFileSync(names, 'a\n'.repeat(9));
    expect(await run(['import', file, '--out', out, '--class-names', names])).toMatchObject({
      code: 2,
      err: 'dmnn: --class-names: expected 10 names, one for each class of cifar-resnet8-0.25, got 9. Give one a line, in the order of its outputs.',
    });
    expect((await run(['import', file, '--out', out, '--head-activation', 'relu'])).err).toMatch(
      /^dmnn: --head-activation: expected none, since the head has one linear layer/,
    );
    const tfjs = join(folder, 'many-shards');
    mkdirSync(tfjs);
    for (let i = 0; i < 7; i++) writeFileSync(join(tfjs, `group1-shard${i}of7.bin`), '');
    writeFileSync(join(tfjs, 'model.json'), '{}');
    expect((await run(['import', tfjs, '--out', out])).err).toContain('Name a file in it: model.json.');
    const index = join(folder, 'm.index.json');
    writeFileSync(index, '{"weight_map":{"a":3}}');
    expect((await run(['import', index, '--out', out])).err).toMatch(
      /^dmnn: m\.index\.json: index: a: expected/,
    );
    writeFileSync(index, '{"weight_map":{"a":"x.bin"}}');
    expect((await run(['import', index, '--out', out])).err).toMatch(
      /^dmnn: m\.index\.json: index: expected the file x\.bin next to it, got none\. Copy all files/,
    );
    const h5 = join(folder, 'damaged.h5');
    writeFileSync(h5, Buffer.concat([Buffer.from('\x89HDF\r\n\x1a\n', 'latin1'), Buffer.alloc(3000, 7)]));
    expect((await run(['import', h5, '--out', out])).err).toMatch(
      /^dmnn: damaged\.h5: expected an HDF5 file in order, got one that the HDF5 library cannot read, as if it were damaged or cut off \(it says: .*\)\. Download/,
    );
  });

  it('refuses a network of one class', async () => {
    const out = join(folder, 'one-class');
    const one = torchFile('one', 1);
    for (const words of [[], ['--model', 'cifar-resnet8-0.25', '--classes', '1']])
      expect(await run(['import', one, '--out', out, ...words])).toMatchObject({
        code: 1,
        err: expect.stringMatching(/one\.safetensors: expected a classifier of at least two classes, got cifar-resnet8-0\.25 with one output\.\nA network that gives one number/) as string, // prettier-ignore
      });
  });

  it('reads a file of torch.save, and says where its tensors are and what it passes over', async () => {
    const { files } = JSON.parse(
      readFileSync(
        new URL('../../../../import/src/torch/fixtures/torch-files.json', import.meta.url),
        'utf8',
      ),
    ) as { files: Record<string, { zlib: string }> };
    const path = join(folder, 'checkpoint.ckpt');
    const model = join(folder, 'tiny.json');
    writeFileSync(model, JSON.stringify(tiny));
    const map = join(folder, 'tiny-names.json');
    writeFileSync(map, JSON.stringify({ names: { 'stem.unit0': ['conv', 'norm'], 'head.linear': 'fc' } }));
    const importing = (file: string, out: string) => {
      writeFileSync(path, inflateSync(Buffer.from(files[file]!.zlib, 'base64')));
      return run(['import', path, '--model', model, '--names', map, '--out', join(folder, out), '--json']);
    };
    for (const [i, file] of ['network', 'older network'].entries()) {
      const { code, out: text, err } = await importing(file, `torch-${i}`);
      expect([code, err]).toEqual([0, '']);
      expect(JSON.parse(text)).toMatchObject({
        under: ['state_dict'],
        passedOver: [
          { key: 'epoch', what: 'a number', tensors: 0 },
          { key: 'optimizer', what: 'a dictionary', tensors: 0 },
        ],
      });
    }
    const refused = await importing('code', 'torch-code');
    expect(refused.code).toBe(1);
    const { error } = JSON.parse(refused.err) as { error: { code: string; message: string } };
    expect(error.code).toBe('DMNN_TORCH_FILE');
    expect(error.message).toMatch(/^checkpoint\.ckpt: .*posix\.system of Python, which is code/);
  });

  it('reads shards of torch.save by their index, and names the one that has code in it', async () => {
    const { files } = JSON.parse(
      readFileSync(
        new URL('../../../../import/src/torch/fixtures/torch-files.json', import.meta.url),
        'utf8',
      ),
    ) as { files: Record<string, { zlib: string; tensors?: readonly (readonly [string])[] }> };
    const shards = join(folder, 'torch-shards');
    mkdirSync(shards);
    const names = ['pytorch_model-00001-of-00002.bin', 'pytorch_model-00002-of-00002.bin'] as const;
    const linear: [string, WeightTensor][] = [
      ['fc.weight', { dtype: 'F32', shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }],
      ['fc.bias', { dtype: 'F32', shape: [2], data: Float32Array.of(7, 8) }],
    ];
    const write = (first: string) => {
      writeFileSync(join(shards, names[0]), inflateSync(Buffer.from(files[first]!.zlib, 'base64')));
      writeFileSync(join(shards, names[1]), writeSafetensors(new Map(linear))); // each is what it is
    };
    const index = 'pytorch_model.bin.index.json';
    const places = [
      ...files['state_dict']!.tensors!.map(([name]) => [name, names[0]]),
      ...linear.map(([name]) => [name, names[1]]),
    ];
    const weightMap = Object.fromEntries(places) as object;
    writeFileSync(join(shards, index), JSON.stringify({ metadata: {}, weight_map: weightMap }));
    const [model, map] = [join(folder, 'tiny-shards.json'), join(folder, 'tiny-shards-names.json')];
    writeFileSync(model, JSON.stringify(tiny));
    writeFileSync(map, JSON.stringify({ names: { 'stem.unit0': ['conv', 'norm'], 'head.linear': 'fc' } }));
    const importing = (file: string, out: string) =>
      run(['import', join(shards, file), '--model', model, '--names', map, '--out', join(folder, out)]);
    write('state_dict');
    expect(await importing(index, 'shards-both')).toMatchObject({ code: 0, err: '' });
    const { weights } = await openNetworkData(join(folder, 'shards-both'));
    expect(weights.get('head.linear.weight')?.data.join()).toBe('1,4,2,5,3,6');
    expect(weights.get('stem.unit0.weight')?.data.some((value) => value !== 0)).toBe(true);
    expect((await importing('', 'shards-folder')).err).toContain(`Name a file in it: ${index}`);
    expect((await importing(names[0], 'shards-first')).err).toContain('is shard 1 of 2: name their index');
    write('code');
    const refused = await importing(index, 'shards-code');
    expect(refused.code).toBe(1);
    expect(refused.err).toMatch(
      /^dmnn: pytorch_model-00001-of-00002\.bin: .*posix\.system of Python, which is code/m,
    );
  });

  it('takes a map of names', async () => {
    const map = join(folder, 'map.json');
    const names = {
      'stem.unit0': ['conv1', 'bn1'],
      'stage{s}.block{b}.subblock0.unit{u}': ['layer{s+1}.{b}.conv{u+1}', 'layer{s+1}.{b}.bn{u+1}'],
      'stage{s}.block{b}.shortcut': ['layer{s+1}.{b}.downsample.0', 'layer{s+1}.{b}.downsample.1'],
      'head.linear': 'fc',
    };
    writeFileSync(map, JSON.stringify({ names }));
    const file = torchFile('mapped');
    const importing = (out: string) =>
      run(['import', file, '--model', 'cifar-resnet8-0.25', '--names', map, '--out', join(folder, out)]);
    expect((await importing('mapped')).out).toContain('with the names of map.json');
    writeFileSync(map, '{"names": {"head.linear": "fc"}}');
    expect((await importing('not-mapped')).code).toBe(2);
  });

  it('lists every difference, and what it means', async () => {
    const { code, err } = await run(['import', torchFile('ten', 10), '--model', 'cifar-resnet8-0.25', '--out', join(folder, 'x'), '--json']); // prettier-ignore
    expect(code).toBe(1);
    const { error } = JSON.parse(err) as { error: { code: string; problems: string[]; hints: string[] } };
    expect(error.code).toBe('DMNN_IMPORT');
    expect(error.problems).toHaveLength(2);
    expect(error.hints).toEqual([expect.stringContaining('--classes 10')]);
  });

  it('refuses what cannot be meant', async () => {
    const file = torchFile('good');
    const failing = async (...options: string[]) =>
      run(['import', file, '--out', join(folder, 'y'), ...options]);
    const model = ['--model', 'cifar-resnet8-0.25'];
    expect((await failing('--classes', '100')).err).toContain('--classes: expected none without --model');
    expect((await failing(...model, '--means', '1,2')).err).toContain('--means: expected three numbers');
    expect((await failing(...model, '--deviations', '1,0,2')).err).toContain('three numbers > 0');
    expect((await failing(...model, '--names', join(folder, 'absent.json'))).err).toContain(
      `--names ${join(folder, 'absent.json')}: expected a file`,
    );
    expect((await failing(...model, '--class-names', join(folder, 'classes.txt'))).code).toBe(2);
    const json = join(folder, 'architecture.json');
    writeFileSync(json, JSON.stringify(createArchitecture('cifar-resnet8-0.25')));
    expect((await failing('--model', json, '--classes', '5')).err).toContain('--classes: expected none');
    const absent = await run(['import', join(folder, 'absent'), ...model, '--out', join(folder, 'y')]);
    expect([absent.code, absent.err]).toEqual([
      2,
      expect.stringContaining(`FILE ${join(folder, 'absent')}: expected a file that can be read`),
    ]);
  });

  it('prepares images by a name', async () => {
    const tensors = torchTensors();
    const { shape, data } = tensors.get('conv1.weight')!;
    tensors.set('conv1.weight', { dtype: 'F32', shape, data: (data as Float32Array).map((_, i) => i) });
    const file = written('prepared', tensors);
    const importing = async (mode: string, ...options: string[]) => {
      const out = join(folder, `prepared-${mode}-${options.length}`);
      const { code, out: text } = await run([
        'import',
        file,
        '--out',
        out,
        '--preprocessing',
        mode,
        ...options,
      ]);
      expect(code).toBe(0);
      expect(text).not.toContain('means and deviations of ImageNet');
      return { text, model: await openNetworkData(out) };
    };
    const lite = await importing('lite');
    // (x − 127) / 128 of pixels from 0 to 255
    const [mean, deviation] = [lite.model.channelMeans[0]!, lite.model.channelDeviations[0]!];
    for (const x of [0, 127, 255]) expect((x / 255 - mean) / deviation).toBeCloseTo((x - 127) / 128, 10);
    const { text, model } = await importing('caffe', '--deviations', '0.5,0.5,0.5');
    expect(model.channelMeans.map((each) => each * 255)).toEqual([
      expect.closeTo(123.68, 8),
      expect.closeTo(116.779, 8),
      expect.closeTo(103.939, 8),
    ]);
    expect(model.channelDeviations).toEqual([0.5, 0.5, 0.5]);
    expect(text).toContain('said otherwise: the first convolution takes red, green, blue');
    const kernelOf = (weights: typeof model.weights, at: number) => {
      const outputs = shape[0]!;
      return weights
        .get('stem.unit0.weight')
        ?.data.slice(at * outputs, (at + 1) * outputs)
        .join();
    };
    for (const channel of [0, 1, 2])
      expect(kernelOf(model.weights, channel)).toBe(kernelOf(lite.model.weights, 2 - channel));
    expect(model.weights.get('head.linear.bias')).toEqual(lite.model.weights.get('head.linear.bias'));
    const other = { ...tiny, name: 'two-channels' };
    const map = { names: { 'stem.unit0': ['conv1', 'bn1'] as const, 'head.linear': 'fc' } };
    await expect(
      importModel({
        file,
        model: other,
        names: map,
        out: join(folder, 'x'),
        preprocessing: 'darknet' as 'tf',
      }),
    ).rejects.toThrow("preprocessing: expected caffe, lite, tf, torch, got 'darknet'");
  });

  it('refuses means and deviations of pixels from 0 to 255', async () => {
    const importing = (...options: string[]) =>
      run([
        'import',
        torchFile('scaled'),
        '--model',
        'cifar-resnet8-0.25',
        '--out',
        join(folder, 'scaled'),
        ...options,
      ]);
    for (const option of ['--means', '--deviations']) {
      const { code, err } = await importing(option, '127.5,127.5,127.5');
      expect(code).toBe(2);
      expect(err).toMatch(
        new RegExp(`^dmnn: ${option}: .*from 0 to 1, got 127\\.5,127\\.5,127\\.5\\. Divide`, 'm'),
      );
    }
    expect((await importing('--means', '-0.1,0.5,0.5')).code).toBe(2);
    await expect(
      importModel({
        file: torchFile('scaled'),
        model: 'cifar-resnet8-0.25',
        out: join(folder, 'scaled'),
        channelMeans: [127.5, 127.5, 127.5],
      }),
    ).rejects.toThrow(/^channelMeans: expected three numbers from 0 to 1/);
    expect((await importing('--means', '0,0,0', '--deviations', '1,1,1')).code).toBe(0);
  });

  it('imports a file that is all halves, counters too', async () => {
    const tensors = torchTensors();
    for (const name of [...tensors.keys()]) {
      const norm = /^(.*\.)running_mean$/.exec(name)?.[1];
      if (norm === undefined) continue;
      tensors.set(`${norm}num_batches_tracked`, { dtype: 'F32', shape: [], data: Float32Array.of(0) });
    }
    const file = join(folder, 'halves.safetensors');
    writeFileSync(file, asHalves(tensors));
    const out = join(folder, 'halves');
    const { code, out: text } = await run(['import', file, '--model', 'cifar-resnet8-0.25', '--out', out]);
    expect(code).toBe(0);
    expect(text).toContain(
      '47 tensors with the names of torchvision, 47 of them converted from F16; 9 ignored',
    );
  });

  it('finds a prefix and says so', async () => {
    const file = written('parallel', new Map(under('module.', torchTensors())));
    const { code, out: text } = await run(['import', file, '--model', 'cifar-resnet8-0.25', '--out', join(folder, 'parallel')]); // prettier-ignore
    expect([code, text]).toEqual([0, expect.stringContaining("the names begin with 'module.'")]);
  });

  it('names raw and averaged weights, of which the user chooses', async () => {
    const file = written(
      'averaged',
      new Map([...under('model.', torchTensors()), ...under('model_ema.module.', torchTensors(100, 0.25))]),
    );
    const importing = (out: string, ...options: string[]) =>
      run(['import', file, '--model', 'cifar-resnet8-0.25', '--out', join(folder, out), ...options]);
    const { code, err } = await importing('both');
    expect(code).toBe(1);
    expect(err).toContain("after 'model.': 47 of 47");
    expect(err).toContain("after 'model_ema.module.': 47 of 47");
    const chosen = await importing('averaged', '--prefix', 'model_ema.module.');
    expect([chosen.code, chosen.err]).toEqual([0, '']);
    expect(chosen.out).toContain('left out, without the prefix: model. 47');
    const { weights } = await openNetworkData(join(folder, 'averaged'));
    expect(weights.get('head.linear.bias')?.data[0]).toBe(0.25);
  });

  it('reads shards by their index, which it names if a shard or the folder is given', async () => {
    const shards = join(folder, 'sharded');
    mkdirSync(shards);
    const tensors = [...torchTensors()];
    const files = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'] as const;
    const [first, second] = files;
    writeFileSync(join(shards, first), writeSafetensors(new Map(tensors.slice(0, 20))));
    writeFileSync(join(shards, second), writeSafetensors(new Map(tensors.slice(20))));
    const map = Object.fromEntries(tensors.map(([name], i) => [name, files[i < 20 ? 0 : 1]]));
    const index = join(shards, 'model.safetensors.index.json');
    writeFileSync(
      index,
      `\ufeff${JSON.stringify({ metadata: { total_size: 1 }, weight_map: map }, null, 2)}`,
    );
    const importing = (file: string) =>
      run(['import', file, '--model', 'cifar-resnet8-0.25', '--out', join(folder, 'from-shards')]);
    expect(await importing(shards)).toMatchObject({
      code: 2,
      err: expect.stringMatching(/FILE: .*got the folder .*model\.safetensors\.index\.json/) as string,
    });
    expect((await importing(join(shards, first))).err).toContain('is shard 1 of 2: name their index');
    expect((await importing(index)).code).toBe(0);
    const whole = join(folder, 'whole');
    await run(['import', torchFile('whole-file'), '--model', 'cifar-resnet8-0.25', '--out', whole]);
    expect(readFileSync(join(folder, 'from-shards', 'weights.safetensors'))).toEqual(
      readFileSync(join(whole, 'weights.safetensors')),
    );
    rmSync(join(folder, 'from-shards'), { recursive: true });
    rmSync(join(shards, second));
    expect(await importing(index)).toMatchObject({
      code: 1,
      err: expect.stringContaining(`expected the file ${second} next to it, got none`) as string,
    });
  });

  it.each([
    [
      'pointer.safetensors',
      'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n',
      'a Git LFS pointer',
    ],
    ['page.safetensors', '<!doctype html><title>resnet18</title>', 'a web page'],
    ['model.pth', '\u0080\u0002\u008a\n', 'model.pth: expected 10 bytes from byte 4, got 0'],
    ['cut.safetensors', '\b\0\0\0\0\0\0\0{}', 'cut.safetensors: expected a header of 8 bytes'],
  ])('calls %s what it is', async (name, content, what) => {
    const file = join(folder, name);
    writeFileSync(file, content, 'latin1');
    const { code, err } = await run([
      'import',
      file,
      '--model',
      'cifar-resnet8-0.25',
      '--out',
      join(folder, 'z'),
    ]);
    expect([code, err]).toEqual([1, expect.stringContaining(what)]);
  });

  it('stays brief about a file with a million other tensors', async () => {
    const tensors = torchTensors();
    const none: WeightTensor = { dtype: 'F32', shape: [0], data: new Float32Array() };
    for (let i = 0; i < 50_000; i++) tensors.set(`${'long-name-'.repeat(28)}${i}`, none);
    const arguments_ = [
      'import',
      written('hostile', tensors),
      '--model',
      'cifar-resnet8-0.25',
      '--out',
      join(folder, 'h'),
    ];
    const text = await run(arguments_);
    expect(text.err.length).toBeLessThan(10_000);
    expect(text.err).toContain('… and 49980 more');
    const json = await run([...arguments_, '--json']);
    expect(json.err.length).toBeLessThan(20_000);
    expect(JSON.parse(json.err)).toMatchObject({ error: { problemCount: 50_000 } });
  });

  it('reads names of classes from a file with a byte order mark', async () => {
    const classNames = join(folder, 'marked.txt');
    writeFileSync(classNames, '\ufeffcat\r\ndog\r\nowl\r\n');
    const out = join(folder, 'marked');
    await run(['import', torchFile('marked', 3), '--model', 'cifar-resnet8-0.25', '--out', out, '--classes', '3', '--class-names', classNames]); // prettier-ignore
    expect((await openNetworkData(out)).classNames).toEqual(['cat', 'dog', 'owl']);
  });

  it('writes over nothing', async () => {
    const file = torchFile('again');
    const importing = () =>
      run(['import', file, '--model', 'cifar-resnet8-0.25', '--out', join(folder, 'once')]);
    expect((await importing()).code).toBe(0);
    const before = readFileSync(join(folder, 'once', 'manifest.json'), 'utf8');
    const { code, err } = await importing();
    expect([code, err]).toEqual([1, expect.stringContaining('expected a new or empty folder')]);
    expect(readFileSync(join(folder, 'once', 'manifest.json'), 'utf8')).toBe(before);
  });
});
