import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { openNetworkData } from '@dmnn/runs';
import { type WeightTensor, readSafetensors, writeSafetensors } from '@dmnn/weights';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../fixtures/run-captured.js';
import { writeOwnImages } from '../fixtures/write-own-images.js';

const folder = mkdtempSync(join(tmpdir(), 'dmnn-your-classifier-'));
const flowers = join(folder, 'flowers');
beforeAll(async () => {
  await writeOwnImages(flowers, {
    folders: { 'train/rose': 12, 'train/tulip': 12, 'val/rose': 4, 'val/tulip': 4 },
    sizePx: 40,
  });
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A CIFAR ResNet by torchvision's names, whose user put a head of two layers in the place of the usual one. */
function torchClassifier(): string {
  const usual = new URL('../fixtures/written-at-93d2fa3/torchvision.safetensors', import.meta.url);
  const tensors = new Map(readSafetensors(readFileSync(usual)));
  const [, features = 0] = tensors.get('fc.weight')?.shape ?? [];
  for (const name of ['fc.weight', 'fc.bias']) tensors.delete(name);
  const filled = (shape: number[], value: (i: number) => number): WeightTensor => {
    const length = shape.reduce((product, side) => product * side, 1);
    return { dtype: 'F32', shape, data: Float32Array.from({ length }, (_, i) => value(i)) };
  };
  tensors.set('fc.0.weight', filled([6, features], Math.sin));
  tensors.set(
    'fc.0.bias',
    filled([6], () => 0.1),
  );
  tensors.set('fc.3.weight', filled([10, 6], Math.cos));
  tensors.set('fc.3.bias', filled([10], Math.sin));
  const file = join(folder, 'classifier.safetensors');
  writeFileSync(file, writeSafetensors(tensors));
  return file;
}

/** A model.json that Keras wrote: packages/import/scripts/keras-files.py. */
function kerasClassifier(name: string): string {
  const { models } = JSON.parse(
    readFileSync(new URL('../../../import/src/keras/fixtures/keras-files.json', import.meta.url), 'utf8'),
  ) as { models: Record<string, { file: { json: string; shards: Record<string, string> } }> };
  const place = join(folder, name.replaceAll(' ', '-'));
  mkdirSync(place, { recursive: true });
  const { json, shards } = models[name]!.file;
  for (const [file, text] of [['model.json', json] as const, ...Object.entries(shards)])
    writeFileSync(join(place, file), inflateSync(Buffer.from(text, 'base64')));
  return join(place, 'model.json');
}

/** A folder of one-image classes named by wnids, as of ImageNet's validation set: too big for the repository. */
const photographs = process.env['DMNN_PHOTOGRAPHS'];

/** Two classes of photographs, animals by their wnids and things: of three in turn, the first is for evaluation. */
function writePhotographs(from: string): string {
  const place = join(folder, 'photographs');
  for (const [i, wnid] of readdirSync(from).sort().entries()) {
    const name = wnid < 'n02500000' ? 'animal' : 'thing';
    const [file = ''] = readdirSync(join(from, wnid));
    cpSync(join(from, wnid, file), join(place, i % 3 === 0 ? 'val' : 'train', name, file), {
      recursive: true,
    });
  }
  return place;
}

describe.each([
  { title: 'small made images', classes: ['rose', 'tulip'], isThere: true, data: () => flowers },
  {
    title: 'photographs, of a folder that DMNN_PHOTOGRAPHS names',
    classes: ['animal', 'thing'],
    isThere: photographs !== undefined,
    data: () => writePhotographs(photographs as string),
  },
])('your classifier, made dynamic, on $title', ({ classes, isThere, data }) => {
  const images = { folder: '' };
  beforeAll(() => {
    if (isThere) images.folder = data();
  });

  it.runIf(isThere).each([
    ['of PyTorch, with a head of two layers', torchClassifier, 'dmnn-cifar-resnet8-0.125-n2'],
    ['a ResNet of Keras', () => kerasClassifier('resnet json'), 'dmnn-keras-resnet50-n2'],
    ['a MobileNetV2 of Keras', () => kerasClassifier('mobilenet 32 json'), /^dmnn-keras-mobilenet.*-n2$/],
  ])('%s: import, divide, train, evaluate with budgets, export, predict', async (title, file, name) => {
    const place = (part: string) => join(folder, `${classes[0]}-${title.replace(/\W/g, '-')}-${part}`);
    const [model, out, onnx] = [place('model'), place('run'), place('dynamic.onnx')];
    const imported = await run(['import', file(), '--out', model]);
    expect(imported.code, imported.err).toBe(0);

    const settings = [
      'epochs=1',
      'fineTuning.learningRateFactors.trunk=0.1',
      'fineTuning.calibrationImages=8',
    ];
    const train = [
      ...['train', '--data', `folder=${images.folder}`, '--backend', 'wasm', '--workers', '0'],
      ...settings.flatMap((setting) => ['--set', setting]),
    ];
    const plan = await run([...train, '--from', model, '--dry-run', '--json']);
    expect(plan.code, plan.err).toBe(0);
    expect(JSON.parse(plan.out)).toMatchObject({
      begin: {
        newHead: { to: 2 },
        division: { channelOrder: 'importance' },
        newExits: 0,
        trainable: 'all',
      },
      model: { name: typeof name === 'string' ? name : (expect.stringMatching(name) as string) },
    });
    const readable = await run([...train, '--from', model, '--dry-run', '--exits', '1', '--trainable', 'exits', '--set', 'fineTuning.learningRateFactors={}']); // prettier-ignore
    expect(readable.out, readable.err).toMatch(
      /^begin {3}with the weights of .*\nhead {4}new, with random weights: 2 classes in place of \d+\ndivide {2}\d+ blocks in 2 sub-blocks each, the most important channels first\nexits {3}1 new, with random weights\ntrain {3}the exits alone; all else stays as it is$/m,
    );
    const taught = await run([...train, '--from', model, '--dry-run', '--set', 'fineTuning.distillation={}']);
    expect(taught.err).toMatch(
      /fineTuning\.distillation: expected null, since .* cannot teach the 2 of the data/,
    );
    const trained = await run([...train, '--from', model, '--out', out]);
    expect(trained.code, trained.err).toBe(0);
    expect(trained.err).toMatch(/divided in 2 sub-blocks a block/);
    expect(trained.err).toMatch(
      /new head: .* the data have 2; its last linear layer begins with random weights/,
    );

    const [before, after] = [await openNetworkData(model), await openNetworkData(out)];
    expect(after.architecture.name).toMatch(name);
    expect(after.architecture.undivided?.head.hidden).toEqual(before.architecture.head.hidden);
    expect(after.classNames).toEqual(classes);
    expect(after.channelMeans).toEqual(before.channelMeans);

    // what the run began with is in its folder
    rmSync(model, { recursive: true });
    const resumed = await run([...train, '--out', out, '--resume']);
    expect(resumed.code, resumed.err).toBe(0);

    const evaluated = await run([
      ...['eval', out, '--data', `folder=${images.folder}`, '--budgets', '0.6,1', '--json'],
      ...['--engine', 'tfjs', '--backend', 'wasm', '--workers', '0'],
    ]);
    expect(evaluated.code, evaluated.err).toBe(0);
    expect(JSON.parse(evaluated.out)).toMatchObject({ budgets: [{ budget: 0.6 }, { budget: 1 }] });

    const exported = await run(['export', out, '--out', onnx]);
    expect(exported.code, exported.err).toBe(0);
    for (const each of [out, onnx]) {
      const [first = ''] = classes;
      const [image = ''] = readdirSync(join(images.folder, 'val', first));
      const predicted = await run(['predict', join(images.folder, 'val', first, image), '--model', each]);
      expect(predicted.code, predicted.err).toBe(0);
      expect(predicted.out).toMatch(new RegExp(`% {2}(?:${classes.join('|')}) \\(\\d\\)$`, 'm'));
    }
  });
});

describe('what your classifier may lack', () => {
  it('a model of Keras without blocks is trained without gates, and that is said', async () => {
    const place = join(folder, 'plain');
    mkdirSync(place);
    const layer = (class_name: string, config: object) => ({ class_name, config });
    const conv = { filters: 4, kernel_size: 3, strides: 2, use_bias: false, activation: 'relu' };
    const layers = [
      layer('InputLayer', { name: 'in', batch_input_shape: [null, 16, 16, 3] }),
      layer('Conv2D', { name: 'conv', ...conv }),
      layer('GlobalAveragePooling2D', { name: 'mean' }),
      layer('Dense', { name: 'dense', units: 3, use_bias: false }),
    ];
    const shapes = { 'conv/kernel': [3, 3, 3, 4], 'dense/kernel': [4, 3] };
    const weights = Object.entries(shapes).map(([name, shape]) => ({ name, shape, dtype: 'float32' }));
    const json = {
      modelTopology: layer('Sequential', { name: 'plain', layers }),
      weightsManifest: [{ paths: ['a'], weights }],
    };
    writeFileSync(join(place, 'model.json'), JSON.stringify(json));
    writeFileSync(join(place, 'a'), Buffer.from(Float32Array.from({ length: 120 }, (_, i) => Math.sin(i)).buffer)); // prettier-ignore
    const [model, out] = [join(folder, 'plain-model'), join(folder, 'plain-run')];
    expect(await run(['import', join(place, 'model.json'), '--out', model])).toMatchObject({ code: 0 });
    const train = ['train', '--data', `folder=${flowers}`, '--from', model, '--out', out, '--workers', '0', '--backend', 'wasm']; // prettier-ignore
    const { code, err } = await run([...train, '--set', 'epochs=1']);
    expect(code, err).toBe(0);
    expect(err).toContain(
      'keras-plain has no blocks that could be divided or skipped: it is trained without gates, and costs the same for every image',
    );
    const demo = await run([...train, '--recipe', 'demo-dynamic', '--set', 'model.name=keras-plain', '--set', 'model.subBlocks=null', '--set', 'batchSize=8', '--dry-run']); // prettier-ignore
    expect(demo.err).toContain('got settings. It has no blocks to be divided: --set gating=null');
  });

  it('too few images for a batch are refused, with what to do', async () => {
    const few = join(folder, 'few');
    await writeOwnImages(few, { folders: { 'train/a': 2, 'train/b': 1, 'val/a': 1, 'val/b': 1 } });
    const train = ['train', '--data', `folder=${few}`, '--dry-run'];
    expect((await run(train)).err).toContain(
      '--data: expected at least 4 training images, the smallest batch of a recipe that is chosen, got 3. Add images',
    );
    expect((await run([...train, '--recipe', 'demo-dynamic'])).err).toMatch(
      /batchSize: expected at most the 3 training images, got \d+\. Set it smaller \(--set batchSize=2\)/,
    );
  });
});
