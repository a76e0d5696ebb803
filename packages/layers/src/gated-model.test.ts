import { mkdtemp, rm } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cosine, exponential } from '@dmnn/gating';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { fillWeights, gatedResnet, variedImages } from './fixtures/gated-resnet.js';
import { folderHandler } from './fixtures/folder-handler.js';
import {
  GatedSum,
  GumbelGate,
  dynamicBlocks,
  gatedSum,
  gateSchedule,
  gumbelGate,
  joinResourceLoss,
  profileLayersModel,
  registerLayers,
} from './index.js';

const images = variedImages(12, 8);
const labels = tf.oneHot(tf.tensor1d([0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2], 'int32'), 3);
const fit = (model: tf.LayersModel, args: Partial<tf.ModelFitArgs> = {}): Promise<tf.History> =>
  model.fit(images, labels, { epochs: 2, batchSize: 4, shuffle: false, ...args });
const compiled = (model: tf.LayersModel, rate = 0.02): tf.LayersModel => {
  model.compile({ optimizer: tf.train.sgd(rate), loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
  return model;
};
const gatesOf = async (model: tf.LayersModel): Promise<unknown> =>
  (await dynamicBlocks(model).ran(images)).gates;
const layersOfKind = (
  model: tf.LayersModel,
  kind: abstract new (...args: never[]) => tf.layers.Layer,
): tf.layers.Layer[] => model.layers.filter((layer) => layer instanceof kind);

describe('a model with gates', () => {
  beforeAll(() => {
    registerLayers(tf);
  });

  it('takes at most 12 lines over the model itself', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    const lines = readme.split('\n').filter((line) => line.endsWith('// gates'));
    expect(lines).toHaveLength(8);
  });

  it('opens as its gates are biased, and closes by what it costs', async () => {
    const model = compiled(gatedResnet(), 0.3);
    // of black images all features are 0, and only the bias decides
    const before = await dynamicBlocks(model).ran(tf.zeros([2, 8, 8, 3]));
    expect(before.rates).toEqual([
      [1, 1],
      [1, 1],
      [1, 1],
    ]);
    expect(before.flopsRate).toBe(1);
    const loss = joinResourceLoss(model, { target: 0.2, weight: 20 });
    expect(loss.unknown).toEqual([]);
    await fit(model, { epochs: 8 });
    const after = await dynamicBlocks(model).ran(images);
    expect(after.flopsRate).toBeLessThan(0.8);
    expect(after.meanMacs).toBeCloseTo(after.perImageMacs.reduce((sum, macs) => sum + macs, 0) / 12, 6);
  });

  it('has gates and logits of difference 0 after saving and loading, in memory and in a folder, trained and not', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'dmnn-layers-'));
    try {
      const model = compiled(gatedResnet());
      fillWeights(model);
      for (const steps of [0, 2]) {
        if (steps > 0)
          await fit(model, { epochs: steps, callbacks: gateSchedule({ temperature: exponential(5, 0.5) }) });
        const gates = await gatesOf(model);
        expect(new Set(JSON.stringify(gates).match(/[01]/g)).size).toBe(2); // some open, some closed
        let saved: tf.io.ModelArtifacts | undefined;
        await model.save(
          tf.io.withSaveHandler((artifacts) => {
            saved = artifacts;
            return Promise.resolve({
              modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' as const },
            });
          }),
        );
        await model.save(folderHandler(folder));
        for (const place of [tf.io.fromMemory(saved as tf.io.ModelArtifacts), folderHandler(folder)]) {
          const loaded = await tf.loadLayersModel(place);
          expect((loaded.predict(images) as tf.Tensor).dataSync()).toEqual(
            (model.predict(images) as tf.Tensor).dataSync(),
          );
          expect(await gatesOf(loaded)).toEqual(gates);
          const config = (layersOfKind(loaded, GumbelGate)[0] as GumbelGate).getConfig();
          expect(config).toMatchObject({ subBlocks: 2, hiddenUnits: 8, temperature: steps > 0 ? 0.5 : 1 });
          await fit(compiled(loaded), { epochs: 1 });
        }
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('adds the resource loss to the loss, by its weight and schedule', async () => {
    const losses: number[] = [];
    for (const weight of [0, 1, 2]) {
      const model = compiled(gatedResnet(), 0);
      fillWeights(model);
      const loss = joinResourceLoss(model, { target: 0.5, weight: 7 });
      expect(joinResourceLoss(model, { target: 0.5, weight })).toBe(loss); // joined once, settings changed
      const { history } = await fit(model, { epochs: 1, batchSize: 12 });
      losses.push((history['loss'] as number[])[0] as number);
    }
    // noise is a function of layer names, which differ between models; the loss is bounded by its definition
    const [none = NaN, once = NaN, twice = NaN] = losses;
    expect(once).toBeGreaterThan(none - 0.5);
    expect(twice - none).toBeGreaterThan(0);
    const model = compiled(gatedResnet(), 0);
    const loss = joinResourceLoss(model, { target: 1 });
    const targets: number[] = [];
    await fit(model, {
      callbacks: [
        gateSchedule({ target: cosine(1, 0.5), weight: () => 3 }),
        new tf.CustomCallback({ onBatchEnd: () => void targets.push(loss.target) }),
      ],
    });
    expect(targets.map((target) => Number(target.toFixed(3)))).toEqual([1, 0.967, 0.875, 0.75, 0.625, 0.533]);
    expect([loss.target, loss.weight]).toEqual([0.5, 3]);
  });

  it('counts what belongs to a path, to gates and to neither', () => {
    const { table } = joinResourceLoss(gatedResnet(), { target: 0.5 });
    // by hand: 3×3 convolutions of 4 → 2 → 4, 4 → 4 → 8 at half size, 8 → 4 → 8; gates C·8 + 8·4
    expect(table).toEqual({
      fixedMacs: 64 * 9 * 3 * 4 + 16 * 4 * 8 + 8 * 3,
      controllerMacs: [4 * 8 + 32, 4 * 8 + 32, 8 * 8 + 32],
      subBlockMacs: [
        [9216, 9216],
        [6912, 6912],
        [9216, 9216],
      ],
    });
  });

  it('works in nested models of a tf.sequential', async () => {
    const input = tf.input({ shape: [8, 8, 4] });
    const path = () => tf.layers.conv2d({ filters: 4, kernelSize: 3, padding: 'same' }).apply(input);
    const sum = gatedSum().apply([
      input,
      gumbelGate({ subBlocks: 2 }).apply(input),
      path(),
      path(),
    ] as tf.SymbolicTensor[]);
    const block = tf.model({ inputs: input, outputs: sum as tf.SymbolicTensor, name: 'block' });
    const model = tf.sequential({
      layers: [
        tf.layers.conv2d({ filters: 4, kernelSize: 3, padding: 'same', inputShape: [8, 8, 3] }),
        block,
        tf.layers.globalAveragePooling2d({}),
        tf.layers.dense({ units: 3, activation: 'softmax' }),
      ],
    });
    const loss = joinResourceLoss(model, { target: 1 });
    expect(loss.table.subBlockMacs).toEqual([[9216, 9216]]);
    await fit(compiled(model), { callbacks: gateSchedule({ target: () => 0.25, temperature: () => 2 }) });
    expect(loss.target).toBe(0.25);
    const blocks = dynamicBlocks(model);
    expect(blocks.names).toEqual([`block/${(layersOfKind(block, GatedSum)[0] as GatedSum).name}`]);
    expect((await blocks.ran(images)).gates[0]).toHaveLength(12);
  });

  it('keeps no tensors', async () => {
    const model = compiled(gatedResnet());
    joinResourceLoss(model, { target: 0.5 });
    await fit(model, { epochs: 1 });
    const before = tf.memory().numTensors;
    await fit(model, { epochs: 1 });
    await dynamicBlocks(model).ran(images);
    await profileLayersModel(model, images, { rounds: 1 });
    expect(tf.memory().numTensors).toBe(before);
  });

  it('times each layer next to its cost', async () => {
    const model = gatedResnet();
    const { layers, macs, backend } = await profileLayersModel(model, images, { rounds: 2 });
    expect(backend).toBe(tf.getBackend());
    expect(layers.filter(({ className }) => className === 'GatedSum')).toHaveLength(3);
    const { table } = dynamicBlocks(model);
    expect(macs).toBe(
      table.fixedMacs + [...table.controllerMacs, ...table.subBlockMacs.flat()].reduce((a, b) => a + b, 0),
    );
    await expect(profileLayersModel(model, images, { rounds: 0 })).rejects.toThrow(
      'rounds: expected an integer >= 1, got 0',
    );
    await expect(profileLayersModel(model, [images, images])).rejects.toThrow(
      'inputs: expected a batch for each of 1 inputs, got 2',
    );
  });

  it('says what does not fit', async () => {
    const image = tf.input({ shape: [8, 8, 3] });
    const gates = gumbelGate({ subBlocks: 2 }).apply(image) as tf.SymbolicTensor;
    expect(() => gatedSum({ name: 's' }).apply([image, gates, image])).toThrow(
      'inputs of s: expected a list of shortcut, gates [B, N], and N paths of the shape of the shortcut, got [null, 8, 8, 3] [null, 2]',
    );
    expect(() => gumbelGate({ subBlocks: 1.5 })).toThrow('subBlocks: expected an integer >= 1, got 1.5');
    expect(() => gumbelGate({ subBlocks: 1, temperature: 0 })).toThrow(
      'temperature: expected a finite number > 0',
    );
    expect(() => gumbelGate({ subBlocks: 1, openingRate: 1 })).toThrow(RangeError);
    expect(() => gumbelGate({ subBlocks: 1, name: 'g' }).apply(tf.input({ shape: [4, 3] }))).toThrow(
      'input of g: expected a map [B, H, W, C] or features [B, C] with C known, got [null, 4, 3]',
    );
    const plain = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [2] })] });
    expect(() => joinResourceLoss(plain, { target: 0.5 })).toThrow('at least one gatedSum layer, got none');
    expect(() => joinResourceLoss(gatedResnet(), { target: 0 })).toThrow(
      'target: expected a fraction in (0, 1], got 0',
    );
    expect(() => joinResourceLoss(gatedResnet(), { target: 1, weight: -1 })).toThrow(
      'weight: expected a finite number',
    );
    const sum = gatedSum({ name: 'twice' });
    const once = sum.apply([image, gates, image, image]) as tf.SymbolicTensor;
    const twice = sum.apply([once, gates, image, image]) as tf.SymbolicTensor;
    expect(() => dynamicBlocks(tf.model({ inputs: image, outputs: twice }))).toThrow(
      'model: expected one call of each gatedSum, got two of twice',
    );
    await expect(
      fit(compiled(gatedResnet()), { callbacks: gateSchedule({ target: () => 1 }) }),
    ).rejects.toThrow('model: expected a resource loss, whose target or weight is scheduled, got none');
    expect(() => {
      registerLayers({
        ...tf,
        layers: { Layer: class extends tf.layers.Layer {} },
      });
    }).toThrow('from: expected the copy of @tensorflow/tfjs-layers that @dmnn/layers imports');
  });
});
