import { likeliest } from '@dmnn/gating';
import { createNetwork } from '@dmnn/network';
import { DynamicSession, exportOnnx } from '@dmnn/onnx';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { kerasCase, kerasCases, kerasImage } from './fixtures/keras-case.js';
import { type ImportedKerasFile, networkOfKerasFile } from './import-keras-file.js';
import type { LayersModelSource } from './keras-file.js';
import { readKerasFile, readLayersModel } from './read-keras-file.js';

// the .keras and .h5 among them need a reader of HDF5, which dmnn has: packages/dmnn/src/import-keras.test.ts
const models = kerasCases.filter((name) => name.includes(' json'));

function source(name: string): LayersModelSource {
  return kerasCase(name).source as LayersModelSource;
}

/** The image as the network takes it. */
function prepared({ channelMeans, channelDeviations }: ImportedKerasFile, sizePx: number): Float32Array {
  return kerasImage(sizePx).map(
    (pixel, i) => (pixel / 255 - (channelMeans[i % 3] ?? 0)) / (channelDeviations[i % 3] ?? 1),
  );
}

function largestDifference(logits: ArrayLike<number>, expected: readonly number[]): number {
  const largest = Math.max(...expected.map(Math.abs));
  return Math.max(...expected.map((logit, i) => Math.abs(logit - logits[i]!))) / largest;
}

/** A model.json with something else in it. */
function changed(name: string, change: (json: Record<string, never>) => void): LayersModelSource {
  const { json, shards } = source(name);
  const value = JSON.parse(new TextDecoder().decode(json)) as Record<string, never>;
  change(value);
  return { json: new TextEncoder().encode(JSON.stringify(value)), shards };
}

/** The layers of a model.json of Keras 2, to be changed. */
function layersOf(json: Record<string, never>): { class_name: string; name: string; config: object }[] {
  return (json as unknown as { modelTopology: { model_config: { config: { layers: never[] } } } })
    .modelTopology.model_config.config.layers;
}

const named = (class_name: string, config: object) => ({ class_name, config });

/** A 1×1 convolution to two channels with a ReLU, their mean and these layers; the convolution's numbers come first. */
function withDense(
  dense: readonly object[],
  shapes: Readonly<Record<string, readonly number[]>>,
): (numbers: readonly number[]) => LayersModelSource {
  const layers = [
    named('InputLayer', { name: 'in', batch_input_shape: [null, 4, 4, 3] }),
    named('Conv2D', { name: 'conv', filters: 2, kernel_size: 1, use_bias: false, activation: 'relu' }),
    named('GlobalAveragePooling2D', { name: 'mean' }),
    ...dense,
  ];
  const weights = Object.entries({ 'conv/kernel': [1, 1, 3, 2], ...shapes }).map(([name, shape]) => ({
    ...{ name, shape, dtype: 'float32' },
  }));
  const modelTopology = named('Sequential', { name: 'hidden', layers });
  const json = JSON.stringify({ modelTopology, weightsManifest: [{ paths: ['a'], weights }] });
  return (numbers) => ({
    json: new TextEncoder().encode(json),
    shards: new Map([['a', new Uint8Array(Float32Array.from(numbers).buffer)]]),
  });
}

describe('networkOfKerasFile', () => {
  it.each(models)('has the logits that Keras computes: %s', (name) => {
    const { sizePx, logits: expected } = kerasCase(name);
    const imported = networkOfKerasFile(readLayersModel(source(name)));
    expect(imported.architecture.imageSizePx).toBe(sizePx);
    const network = createNetwork(imported.architecture, { seed: 0, weights: imported.weights });
    const logits = tf.tidy(() => {
      const images = tf.tensor4d(prepared(imported, sizePx), [1, sizePx, sizePx, 3]);
      return network
        .forward(images, { policy: likeliest, statistics: 'moving', execution: 'masked' })
        .logits.dataSync();
    });
    network.dispose();
    expect(largestDifference(logits, expected)).toBeLessThan(1e-4);
  });

  it.each(['resnet json', 'mobilenet 33 json', 'mobilenet 32 json'])(
    'has them in ONNX too: %s',
    async (name) => {
      const { sizePx, logits: expected } = kerasCase(name);
      const imported = networkOfKerasFile(readLayersModel(source(name)));
      const session = await DynamicSession.create(exportOnnx(imported));
      const { logits } = await session.run(prepared(imported, sizePx));
      await session.close();
      expect(largestDifference(logits, expected)).toBeLessThan(1e-4);
    },
  );

  it('finds blocks, stages, strides, paddings and epsilons of a ResNet of Keras', () => {
    const { architecture, assumed, changes, channelMeans, channelDeviations } = networkOfKerasFile(
      readLayersModel(source('resnet json')),
    );
    expect(architecture.name).toBe('keras-resnet50');
    expect(architecture.stem).toMatchObject({
      units: [{ kernelSize: 7, stride: 2, padding: 3, bias: false, epsilon: 1.001e-5 }],
      pool: { kernelSize: 3, stride: 2, padding: 1 },
    });
    expect(architecture.stages.map(({ blocks }) => blocks.map(({ shortcut }) => shortcut.kind))).toEqual([
      ['projection', 'identity'],
      ['projection'],
    ]);
    expect(architecture.stages[1]?.blocks[0]).toMatchObject({
      kind: 'bottleneck',
      activation: 'relu',
      subBlocks: [{ units: [{ kernelSize: 1, stride: 2 }, { kernelSize: 3, stride: 1, padding: 1 }, {}] }],
    });
    expect(assumed.join()).toContain("preprocessing 'caffe'");
    expect(changes).toEqual([
      expect.stringContaining('softmax') as string,
      'the biases of 12 convolutions went into the means of their batch norms',
      expect.stringContaining('blue, green, red') as string,
    ]);
    expect(channelMeans.map((mean) => mean * 255)).toEqual([123.68, 116.779, 103.939]);
    expect(channelDeviations).toEqual([1 / 255, 1 / 255, 1 / 255]);
  });

  it('has the zeros that Keras chose for the size of image: at stride 2 one side of an even map, both of an odd one', () => {
    const paddings = (name: string) =>
      networkOfKerasFile(readLayersModel(source(name)))
        .architecture.stages.flatMap(({ blocks }) => blocks)
        .flatMap(({ subBlocks }) => subBlocks[0]?.units ?? [])
        .filter(({ stride }) => stride === 2)
        .map(({ padding }) => padding);
    const oneSide = { top: 0, bottom: 1, left: 0, right: 1 };
    expect(paddings('mobilenet 32 json')).toEqual([oneSide, oneSide, oneSide, oneSide]); // maps of 16, 8, 4 and 2
    expect(paddings('mobilenet 33 json')).toEqual([1, 1, 1, 1]); // maps of 17, 9, 5 and 3
    expect(
      networkOfKerasFile(readLayersModel(source('mobilenet 32 json'))).architecture.stem.units,
    ).toMatchObject([{ stride: 2, padding: 'same', epsilon: 1e-3, activation: 'relu6' }]);
  });

  // by hand: the mean is (3, 2); hidden (3, −2); 3 · (2, 3) + 0 · (4, 5), or of hard-swish −2 · 1 / 6 in place of 0
  it.each([
    ['relu', 'relu', [6, 9]],
    ['relu6', 'relu6', [6, 9]],
    ['linear', 'none', [-2, -1]],
    ['hard_silu', 'hard-swish', [6 - 4 / 3, 9 - 5 / 3]],
    ['hard_swish', 'hard-swish', [6 - 4 / 3, 9 - 5 / 3]],
  ] as const)('takes hidden layers of the head that end in %s', (theirs, activation, expected) => {
    const dense = [
      named('Dense', { name: 'first', units: 2, use_bias: false, activation: theirs }),
      named('Dropout', { name: 'drop', rate: 0.5 }),
      named('Dense', { name: 'second', units: 2, use_bias: false }),
      named('Softmax', { name: 'softmax' }),
    ];
    const model = withDense(dense, { 'first/kernel': [2, 2], 'second/kernel': [2, 2] });
    const imported = networkOfKerasFile(readLayersModel(model([1, 0, 0, 1, 0, 0, 1, 0, 0, -1, 2, 3, 4, 5])));
    expect(imported.architecture.head.hidden).toEqual([{ features: 2, activation }]);
    const network = createNetwork(imported.architecture, { seed: 0, weights: imported.weights });
    const logits = tf.tidy(() => {
      const image = tf.tensor4d(
        Array.from({ length: 48 }, (_, i) => [3, 2, 1][i % 3]!),
        [1, 4, 4, 3],
      );
      return network
        .forward(image, { policy: likeliest, statistics: 'moving', execution: 'masked' })
        .logits.dataSync();
    });
    network.dispose();
    logits.forEach((logit, i) => {
      expect(logit).toBeCloseTo(expected[i] as number, 5);
    });
  });

  it('refuses a model of one output', () => {
    const one = withDense([named('Dense', { name: 'only', units: 1, use_bias: false })], {
      'only/kernel': [2, 1],
    });
    expect(() => networkOfKerasFile(readLayersModel(one([1, 0, 0, 1, 0, 0, 2, 3])))).toThrow(
      /layer only \(Dense\): expected at least two classes, got one output/,
    );
  });

  it('takes a preprocessing that is named', () => {
    const file = readLayersModel(source('mobilenet 32 json'));
    expect(networkOfKerasFile(file)).toMatchObject({ channelMeans: [0.5, 0.5, 0.5] });
    expect(networkOfKerasFile(file, { preprocessing: 'torch' })).toMatchObject({
      channelMeans: [0.485, 0.456, 0.406],
      assumed: [],
    });
    // blue first: the inputs of the first convolution are turned round, and nothing else
    const [tfMode, caffe] = (['tf', 'caffe'] as const).map(
      (preprocessing) => networkOfKerasFile(file, { preprocessing }).weights,
    );
    const turned = [...(tfMode?.keys() ?? [])].filter(
      (name) => tfMode?.get(name)?.data.join() !== caffe?.get(name)?.data.join(),
    );
    expect(turned).toEqual(['stem.unit0.weight']);
  });

  it.each([
    ['Conv2D', { dilation_rate: [2, 2] }, /layer conv1_conv .*dilation_rate 1/],
    ['Conv2D', { kernel_size: [7, 5] }, /kernel_size of equal height and width/],
    ['Conv2D', { data_format: 'channels_first' }, /channels_last/],
    ['Conv2D', { filters: 9 }, /layer conv1_conv .*kernel \[7, 7, 3, 9\], got \[7, 7, 3, 8\]/],
    ['BatchNormalization', { epsilon: 'tiny' }, /an epsilon from 0 to 1/],
    ['BatchNormalization', { axis: [1] }, /axis 3/],
    ['Activation', { activation: 'gelu' }, /relu, relu6, hard_swish or linear, got "gelu"/],
    ['ZeroPadding2D', { padding: 'much' }, /zeros on four sides/],
    ['Dense', { activation: 'sigmoid' }, /relu, relu6, hard_swish, softmax or linear, got "sigmoid"/],
    ['InputLayer', { batch_input_shape: [null, 35, 30, 3] }, /square images/],
    ['InputLayer', { batch_input_shape: [null, 35, 35, 1] }, /\[batch, height, width, 3\]/],
  ])('names the layer whose settings are not known: %s %o', (className, config, message) => {
    const file = changed('resnet json of keras 2', (json) => {
      const layer = layersOf(json).find((each) => each.class_name === className);
      Object.assign(layer?.config ?? {}, config);
    });
    expect(() => networkOfKerasFile(readLayersModel(file))).toThrow(message);
    expect(() => networkOfKerasFile(readLayersModel(file))).toThrow(
      expect.objectContaining({ code: 'DMNN_KERAS_FILE', fault: 'layers' }),
    );
  });
});

describe('readLayersModel', () => {
  it('names all layers that are not known at once, and runs no code', () => {
    const others = changed('resnet json of keras 2', (json) => {
      const layers = layersOf(json);
      layers[2]!.class_name = 'LayerNormalization';
      layers[5]!.class_name = 'MultiHeadAttention';
      layers[6]!.class_name = 'LayerNormalization';
    });
    expect(() => readLayersModel(others)).toThrow(
      /LayerNormalization \(.*, .*\), MultiHeadAttention|MultiHeadAttention \(.*\), LayerNormalization \(.*, .*\)/,
    );
    const code = changed('resnet json of keras 2', (json) => {
      layersOf(json)[3]!.class_name = 'Lambda';
    });
    expect(() => readLayersModel(code)).toThrow(/code of Python, which is never run: Lambda \(/);
    const both = changed('resnet json of keras 2', (json) => {
      layersOf(json)[3]!.class_name = 'Lambda';
      layersOf(json)[5]!.class_name = 'LSTM';
    });
    expect(() => readLayersModel(both)).toThrow(
      /never run: Lambda \(\w+\); and others than those of a ResNet or MobileNetV2: LSTM \(\w+\)\.\nTake these layers out.*\nKnown are/,
    );
  });

  it('refuses layers without a class or settings', () => {
    for (const key of ['class_name', 'config', 'name']) {
      const file = changed('resnet json of keras 2', (json) => {
        Object.assign(layersOf(json)[2] ?? {}, { [key]: 7 });
      });
      expect(() => readLayersModel(file), key).toThrow(
        expect.objectContaining({ code: 'DMNN_KERAS_FILE', fault: 'config' }),
      );
    }
  });

  it('says what to do about a graph model', () => {
    const json = new TextEncoder().encode(
      '{"format":"graph-model","modelTopology":{"node":[]},"weightsManifest":[]}',
    );
    expect(() => readLayersModel({ json, shards: new Map() })).toThrow(
      /graph model(.|\n)*--output_format=tfjs_layers_model/,
    );
  });

  it.each([0.5, 7, true, ['a'], {}])('refuses %j as the name of a layer', (name) => {
    for (const model of models) {
      const file = changed(model, (json) => {
        (layersOf(json)[3] as { name: unknown }).name = name;
      });
      expect(() => readLayersModel(file), model).toThrow(
        /expected a text as the name of a layer \w+, got .*\nThe file was changed or damaged/,
      );
    }
  });

  it('refuses files that are missing, too short or too long, and names outside the folder', () => {
    const { json, shards } = source('resnet json');
    const [[name, bytes]] = [...shards] as [[string, Uint8Array]];
    const withBytes = (data: Uint8Array) => () => readLayersModel({ json, shards: new Map([[name, data]]) });
    expect(() => readLayersModel({ json, shards: new Map() })).toThrow(
      /expected the file group1-shard1of1\.bin/,
    );
    expect(withBytes(bytes.subarray(4))).toThrow(/expected \d+ bytes from byte \d+/);
    expect(withBytes(Uint8Array.of(...bytes, 0))).toThrow(/expected \d+ bytes, as its weights need/);
    for (const path of ['../a.bin', '/etc/passwd', 'C:\\a.bin', '']) {
      const file = changed('resnet json', (value) => {
        (value as unknown as { weightsManifest: { paths: string[] }[] }).weightsManifest[0]!.paths = [path];
      });
      expect(() => readLayersModel(file), path).toThrow(/names of files in the folder of model\.json/);
    }
  });

  it('scales quantised weights as TensorFlow.js does', () => {
    const manifest = { name: 'dense/kernel', shape: [1, 3], dtype: 'float32', quantization: { dtype: 'uint8', scale: 0.1, min: -1 } }; // prettier-ignore
    const topology = {
      class_name: 'Sequential',
      config: {
        name: 's',
        layers: [
          {
            class_name: 'Dense',
            config: { name: 'dense', units: 3, use_bias: false, batch_input_shape: [null, 1] },
          },
        ],
      },
    };
    const json = { modelTopology: topology, weightsManifest: [{ paths: ['a'], weights: [manifest] }] };
    const { layers, converted } = readLayersModel({
      json: new TextEncoder().encode(JSON.stringify(json)),
      shards: new Map([['a', Uint8Array.of(0, 10, 255)]]),
    });
    // by hand: q · 0.1 − 1 in doubles, rounded once
    expect([...(layers[0]?.weights.get('kernel')?.data ?? [])]).toEqual([-1, 0, 24.5].map(Math.fround));
    expect(converted).toEqual({ uint8: 1 });
  });
});

describe('readKerasFile', () => {
  it('needs a reader for HDF5, and says what another file is', async () => {
    const { source: bytes } = kerasCase('resnet keras');
    await expect(readKerasFile(bytes)).rejects.toThrow(/expected a reader of HDF5/);
    await expect(readKerasFile(new TextEncoder().encode('<!doctype html><title>x</title>'))).rejects.toThrow(
      /got a web page/,
    );
  });
});
