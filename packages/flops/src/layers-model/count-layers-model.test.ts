import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Conventions, paperConventions } from '../conventions.js';
import { countLayersModel } from './count-layers-model.js';
import type { LayersModelLike } from './layers-model-like.js';

const zeros = { kernelInitializer: 'zeros' } as const;
const all: Conventions = { unit: 'flops', batchNorm: true, bias: true, activations: true, controllers: true };

/** Rows of a count, short. */
function rows(model: LayersModelLike, options?: Parameters<typeof countLayersModel>[1]): unknown[] {
  return countLayersModel(model, options).layers.map(({ path, macs, parameters }) => [
    path,
    macs,
    parameters,
  ]);
}

/** Cost of a model of one layer, in single operations. */
function operations(layer: tf.layers.Layer, inputShape: number[], change: Partial<Conventions>): number {
  const input = tf.input({ shape: inputShape });
  const model = tf.model({ inputs: input, outputs: layer.apply(input) as tf.SymbolicTensor });
  const convention = { ...paperConventions, unit: 'flops' } as const;
  const [on, off] = [{ ...convention, ...change }, convention].map((conventions) => {
    const count = countLayersModel(model, { conventions });
    expect(count.unknown).toEqual([]);
    return count.macs;
  });
  return (on ?? NaN) - (off ?? NaN);
}

/**
 * Multiply–accumulates of the products that tfjs runs for one image, from the shapes that its profiler saw: an oracle
 * that knows nothing of layers.
 */
async function profiledMacs(model: tf.LayersModel, ...inputShapes: number[][]): Promise<number> {
  const inputs = inputShapes.map((shape) => tf.zeros([1, ...shape]));
  const { kernels } = await tf.profile(() => model.predict(inputs));
  const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
  let macs = 0;
  for (const { name, inputShapes: shapes, outputShapes } of kernels) {
    if (name.endsWith('__op')) continue; // a wrapper around a kernel that is listed too
    const [x, w] = shapes as [number[], number[]];
    const outputs = product(outputShapes[0] as number[]);
    if (name === 'FusedConv2D' || name === 'Conv2D') macs += (outputs / w[3]!) * product(w);
    else if (name === 'Conv2DBackpropInput') macs += (product(x) / x[3]!) * product(w);
    else if (name === 'DepthwiseConv2dNative') macs += outputs * w[0]! * w[1]!;
    else if (name === '_FusedMatMul') macs += outputs * x[2]!;
    else if (/conv|mat|einsum/i.test(name)) throw new Error(`profiledMacs does not know ${name}`);
  }
  return macs;
}

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('countLayersModel, by hand', () => {
  it('a sequential of convolutions of all kinds', () => {
    const model = tf.sequential({
      layers: [
        tf.layers.conv2d({
          inputShape: [8, 8, 3],
          filters: 4,
          kernelSize: 3,
          strides: 2,
          padding: 'same',
          name: 'conv',
        }),
        tf.layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, useBias: false, name: 'depthwise' }),
        tf.layers.separableConv2d({ filters: 5, kernelSize: 2, depthMultiplier: 3, name: 'separable' }),
        tf.layers.conv2dTranspose({ filters: 2, kernelSize: 3, strides: 2, name: 'transpose' }),
        tf.layers.flatten({ name: 'flatten' }),
        tf.layers.dense({ units: 7, name: 'dense' }),
      ],
    });
    expect(rows(model)).toEqual([
      // 4·4·4·27; 27·4 + 4
      ['conv', 1728, 112],
      // 2·2·8·9; 9·8
      ['depthwise', 288, 72],
      // 1·1: 4·24 + 24·5; the same and 5 biases
      ['separable', 96 + 120, 96 + 120 + 5],
      // 1·1 in, 3·3 out: 9·5·2; the same and 2 biases
      ['transpose', 90, 92],
      ['flatten', 0, 0],
      // 18·7; and 7
      ['dense', 126, 133],
    ]);
    const count = countLayersModel(model);
    expect(count.macs).toBe(1728 + 288 + 216 + 90 + 126);
    expect(count.parameters).toBe(112 + 72 + 221 + 92 + 133);
    expect(count.parameters).toBe(model.countParams());
    expect(count.layers.map(({ outShape }) => outShape.join('×'))).toEqual([
      '4×4×4',
      '2×2×8',
      '1×1×5',
      '3×3×2',
      '18',
      '7',
    ]);
    expect(count.layers[0]?.className).toBe('Conv2D');
    expect(count.conventions).toBe(paperConventions);
    expect(count.name).toBe(model.name);
  });

  it('convolutions over sequences and volumes, and channels first', () => {
    const oneD = tf.sequential({
      layers: [tf.layers.conv1d({ inputShape: [10, 4], filters: 6, kernelSize: 3, name: 'conv1d' })],
    });
    // 8 steps · 3·4·6
    expect(rows(oneD).at(-1)).toEqual(['conv1d', 8 * 72, 72 + 6]);
    const threeD = tf.sequential({
      layers: [
        tf.layers.conv3d({ inputShape: [4, 4, 4, 2], filters: 3, kernelSize: 2, name: 'conv3d' }),
        tf.layers.conv3dTranspose({ filters: 2, kernelSize: 2, name: 'transpose3d' }),
      ],
    });
    // 27 voxels · 8·2·3, both times
    expect(rows(threeD)).toEqual([
      ['conv3d', 27 * 48, 51],
      ['transpose3d', 27 * 48, 50],
    ]);
    const options = { filters: 4, kernelSize: 3, dataFormat: 'channelsFirst', name: 'first' } as const;
    const first = tf.sequential({ layers: [tf.layers.conv2d({ inputShape: [3, 6, 6], ...options })] });
    // 4·4 pixels · 27·4
    expect(rows(first).at(-1)).toEqual(['first', 16 * 108, 112]);
  });

  it('a linear layer at every position', () => {
    const model = tf.sequential({
      layers: [tf.layers.dense({ inputShape: [5, 4], units: 3, name: 'dense' })],
    });
    expect(rows(model).at(-1)).toEqual(['dense', 5 * 12, 15]);
  });

  it('batch norm: gamma and beta, not the moving statistics; frozen layers too', () => {
    const model = tf.sequential({
      layers: [
        tf.layers.batchNormalization({ inputShape: [2, 2, 5], name: 'both' }),
        tf.layers.batchNormalization({ scale: false, name: 'beta', trainable: false }),
        tf.layers.batchNormalization({ scale: false, center: false, name: 'none' }),
        tf.layers.layerNormalization({ name: 'layer' }),
      ],
    });
    expect(rows(model)).toEqual([
      ['both', 0, 10],
      ['beta', 0, 5],
      ['none', 0, 0],
      ['layer', 0, 10],
    ]);
    const conventions: Conventions = { ...paperConventions, unit: 'flops', batchNorm: true };
    expect(countLayersModel(model, { conventions }).macs).toBe((2 + 2 + 2 + 7) * 20);
  });

  it('recurrent layers, step by step', () => {
    const model = tf.sequential({
      layers: [
        tf.layers.lstm({ inputShape: [6, 4], units: 3, returnSequences: true, name: 'lstm' }),
        tf.layers.gru({ units: 5, returnSequences: true, name: 'gru' }),
        tf.layers.simpleRNN({ units: 2, name: 'rnn' }),
      ],
    });
    expect(rows(model)).toEqual([
      // 6 · 4·(4·3 + 3·3); and 12 biases
      ['lstm', 6 * 84, 84 + 12],
      // 6 · 3·(3·5 + 5·5)
      ['gru', 6 * 120, 120 + 15],
      // 6 · (5·2 + 2·2)
      ['rnn', 6 * 14, 14 + 2],
    ]);
    expect(countLayersModel(model).parameters).toBe(model.countParams());
    const withBias = countLayersModel(model, {
      conventions: { ...paperConventions, unit: 'flops', bias: true },
    });
    expect(withBias.macs - 2 * countLayersModel(model).macs).toBe(6 * (12 + 15 + 2));
    // hard sigmoid 4, tanh 1: LSTM 3·4 + 2·1 + 4 a unit, GRU 2·4 + 1 + 5, simple 1
    const active = countLayersModel(model, {
      conventions: { ...paperConventions, unit: 'flops', activations: true },
    });
    expect(active.macs - 2 * countLayersModel(model).macs).toBe(6 * (3 * 18 + 5 * 14 + 2));
  });

  it('both directions, and their merging', () => {
    const model = (mergeMode: 'concat' | 'sum' | 'mul' | 'ave'): tf.LayersModel =>
      tf.sequential({
        layers: [
          tf.layers.bidirectional({
            inputShape: [6, 4],
            layer: tf.layers.lstm({ units: 3, returnSequences: true, name: 'lstm' }),
            mergeMode,
            name: 'both',
          }),
        ],
      });
    expect(rows(model('concat'))).toEqual([
      ['both/forward_lstm', 504, 96],
      ['both/backward_lstm', 504, 96],
      ['both', 0, 0],
    ]);
    expect(countLayersModel(model('sum')).parameters).toBe(model('sum').countParams());
    const conventions: Conventions = { ...paperConventions, unit: 'flops', activations: true };
    const merging = (['concat', 'sum', 'mul', 'ave'] as const).map(
      (mode) => countLayersModel(model(mode), { conventions }).layers.at(-1)?.macs,
    );
    expect(merging).toEqual([0, 18, 18, 36]);
  });

  it('a layer or a model for each step of a sequence', () => {
    const inner = tf.sequential({
      layers: [
        tf.layers.conv2d({ inputShape: [4, 4, 1], filters: 2, kernelSize: 3, name: 'conv' }),
        tf.layers.flatten({ name: 'flatten' }),
      ],
      name: 'frame',
    });
    const model = tf.sequential({
      layers: [
        tf.layers.timeDistributed({ inputShape: [7, 4, 4, 1], layer: inner, name: 'frames' }),
        tf.layers.timeDistributed({ layer: tf.layers.dense({ units: 3, name: 'dense' }), name: 'steps' }),
      ],
    });
    expect(rows(model)).toEqual([
      // 7 · 2·2·2·9; 18 + 2
      ['frames/frame/conv', 7 * 72, 20],
      ['frames/frame/flatten', 0, 0],
      // 7 · 8·3
      ['steps/dense', 7 * 24, 27],
    ]);
  });

  it('sequences of sequences', () => {
    const words = tf.layers.timeDistributed({
      layer: tf.layers.dense({ units: 3, name: 'dense' }),
      name: 'words',
    });
    const model = tf.sequential({
      layers: [tf.layers.timeDistributed({ inputShape: [5, 2, 4], layer: words, name: 'lines' })],
    });
    // 5 lines of 2 words, each 4·3
    expect(rows(model)).toEqual([['lines/words/dense', 5 * 2 * 12, 15]]);
  });
});

describe('countLayersModel, activations, pools and the like', () => {
  it.each([
    // operations for each of 12 values
    [tf.layers.reLU(), 1],
    [tf.layers.reLU({ maxValue: 6 }), 2],
    [tf.layers.leakyReLU(), 2],
    [tf.layers.prelu(), 2],
    [tf.layers.thresholdedReLU(), 2],
    [tf.layers.elu(), 3],
    [tf.layers.softmax(), 5],
    [tf.layers.activation({ activation: 'linear' }), 0],
    [tf.layers.activation({ activation: 'relu6' }), 2],
    [tf.layers.activation({ activation: 'sigmoid' }), 3],
    [tf.layers.activation({ activation: 'hardSigmoid' }), 4],
    [tf.layers.activation({ activation: 'tanh' }), 1],
    [tf.layers.activation({ activation: 'selu' }), 4],
    [tf.layers.activation({ activation: 'softplus' }), 3],
    [tf.layers.activation({ activation: 'softsign' }), 3],
    [tf.layers.activation({ activation: 'swish' }), 4],
    [tf.layers.activation({ activation: 'mish' }), 5],
    [tf.layers.rescaling({ scale: 2 }), 2],
    [tf.layers.masking(), 2],
    [tf.layers.dropout({ rate: 0.5 }), 0],
    [tf.layers.gaussianNoise({ stddev: 1 }), 0],
    [tf.layers.permute({ dims: [2, 1] }), 0],
    [tf.layers.reshape({ targetShape: [12] }), 0],
  ])('%# costs %2$i operations a value', (layer, expected) => {
    expect(operations(layer, [3, 4], { activations: true })).toBe(expected * 12);
    expect(operations(layer, [3, 4], { batchNorm: true, bias: true })).toBe(0);
  });

  it.each<[string, tf.layers.Layer, number]>([
    // of 6·6·2 numbers: windows
    ['MaxPooling2D', tf.layers.maxPooling2d({ poolSize: 2 }), 3 * 3 * 2 * 3],
    ['MaxPooling2D 3×3', tf.layers.maxPooling2d({ poolSize: 3, strides: 1, padding: 'same' }), 72 * 8],
    ['AveragePooling2D', tf.layers.averagePooling2d({ poolSize: [2, 3] }), 3 * 2 * 2 * 6],
    ['GlobalAveragePooling2D', tf.layers.globalAveragePooling2d({}), 72],
    ['GlobalMaxPooling2D', tf.layers.globalMaxPooling2d({}), 72 - 2],
    ['UpSampling2D nearest', tf.layers.upSampling2d({ size: [2, 2] }), 0],
    [
      'UpSampling2D bilinear',
      tf.layers.upSampling2d({ size: [2, 2], interpolation: 'bilinear' }),
      4 * 72 * 9,
    ],
    ['Resizing', tf.layers.resizing({ height: 3, width: 3 }), 9 * 2 * 9],
    ['ZeroPadding2D', tf.layers.zeroPadding2d({ padding: 1 }), 0],
    [
      'Cropping2D',
      tf.layers.cropping2D({
        cropping: [
          [1, 1],
          [1, 1],
        ],
      }),
      0,
    ],
  ])('%s', (_, layer, expected) => {
    expect(operations(layer, [6, 6, 2], { activations: true })).toBe(expected);
  });

  it('pools over sequences and volumes', () => {
    expect(operations(tf.layers.maxPooling1d({ poolSize: 2 }), [6, 3], { activations: true })).toBe(
      3 * 3 * 1,
    );
    expect(operations(tf.layers.averagePooling1d({ poolSize: 3 }), [6, 3], { activations: true })).toBe(
      2 * 3 * 3,
    );
    expect(operations(tf.layers.globalAveragePooling1d(), [6, 3], { activations: true })).toBe(18);
    expect(operations(tf.layers.globalMaxPooling1d(), [6, 3], { activations: true })).toBe(15);
    expect(
      operations(tf.layers.maxPooling3d({ poolSize: [2, 2, 2], strides: [2, 2, 2] }), [2, 2, 2, 5], {
        activations: true,
      }),
    ).toBe(5 * 7);
    expect(
      operations(tf.layers.averagePooling3d({ poolSize: [2, 2, 2], strides: [2, 2, 2] }), [2, 2, 2, 5], {
        activations: true,
      }),
    ).toBe(5 * 8);
  });

  it('biases and activations of layers that have both', () => {
    const conv = tf.layers.conv2d({ filters: 4, kernelSize: 1, activation: 'relu6' });
    expect(operations(conv, [3, 3, 2], { bias: true })).toBe(36);
    expect(operations(conv, [3, 3, 2], { activations: true })).toBe(72);
    const bare = tf.layers.dense({ units: 4, useBias: false });
    expect(operations(bare, [3], { bias: true, activations: true })).toBe(0);
  });

  it('sums of k inputs take k − 1 operations, averages a division more; joining is free', () => {
    const merged = (layer: tf.layers.Layer): number => {
      const inputs = [1, 2, 3].map(() => tf.input({ shape: [4, 5] }));
      const model = tf.model({ inputs, outputs: layer.apply(inputs) as tf.SymbolicTensor });
      return countLayersModel(model, { conventions: all }).macs / 20;
    };
    expect(merged(tf.layers.add())).toBe(2);
    expect(merged(tf.layers.multiply())).toBe(2);
    expect(merged(tf.layers.maximum())).toBe(2);
    expect(merged(tf.layers.minimum())).toBe(2);
    expect(merged(tf.layers.average())).toBe(3);
    expect(merged(tf.layers.concatenate())).toBe(0);
  });

  it('products of two inputs', () => {
    const product = (shapes: number[][], options: Parameters<typeof tf.layers.dot>[0]): number => {
      const inputs = shapes.map((shape) => tf.input({ shape }));
      const outputs = tf.layers.dot(options).apply(inputs) as tf.SymbolicTensor;
      return countLayersModel(tf.model({ inputs, outputs })).macs;
    };
    expect(product([[7], [7]], { axes: 1 })).toBe(7);
    // [3, 5] and [5, 2] over the 5
    expect(
      product(
        [
          [3, 5],
          [5, 2],
        ],
        { axes: [2, 1] },
      ),
    ).toBe(30);
    expect(
      product(
        [
          [3, 5],
          [4, 5],
        ],
        { axes: -1 },
      ),
    ).toBe(60);
    const inputs = [tf.input({ shape: [7] }), tf.input({ shape: [7] })];
    const cosine = tf.layers.dot({ axes: 1, normalize: true }).apply(inputs) as tf.SymbolicTensor;
    // 7 multiply–accumulates at two operations, and 3 operations for each of 14 numbers
    expect(countLayersModel(tf.model({ inputs, outputs: cosine }), { conventions: all }).macs).toBe(14 + 42);
  });

  it('looks up embeddings for nothing', () => {
    const model = tf.sequential({
      layers: [tf.layers.embedding({ inputShape: [6], inputDim: 10, outputDim: 4, name: 'embedding' })],
    });
    expect(rows(model).at(-1)).toEqual(['embedding', 0, 40]);
  });
});

describe('countLayersModel, through the graph', () => {
  it('a shared layer costs each call and has its parameters once', () => {
    const shared = tf.layers.dense({ units: 4, name: 'shared' });
    const inputs = [tf.input({ shape: [4], name: 'a' }), tf.input({ shape: [4], name: 'b' })];
    const [a, b] = inputs.map((input) => shared.apply(input) as tf.SymbolicTensor);
    const twice = shared.apply(a!) as tf.SymbolicTensor;
    const outputs = tf.layers.add({ name: 'add' }).apply([twice, b!]) as tf.SymbolicTensor;
    // called once more, outside of this model
    shared.apply(tf.input({ shape: [4] }));
    const model = tf.model({ inputs, outputs });
    expect(rows(model)).toEqual([
      ['shared', 16, 20],
      ['shared', 16, 0],
      ['shared', 16, 0],
      ['add', 0, 0],
    ]);
    expect(countLayersModel(model).parameters).toBe(model.countParams());
  });

  it('a nested model costs what its call has, not what it was built for', async () => {
    const input = tf.input({ shape: [null, null, 2] });
    const conv = tf.layers.conv2d({ filters: 2, kernelSize: 3, padding: 'same', name: 'conv' });
    const encoder = tf.model({
      inputs: input,
      outputs: conv.apply(input) as tf.SymbolicTensor,
      name: 'encoder',
    });
    const image = tf.input({ shape: [8, 8, 2] });
    const once = encoder.apply(image) as tf.SymbolicTensor;
    const pooled = tf.layers.maxPooling2d({ poolSize: 2, name: 'pool' }).apply(once) as tf.SymbolicTensor;
    const twice = encoder.apply(pooled) as tf.SymbolicTensor;
    const model = tf.model({ inputs: image, outputs: twice });
    expect(rows(model)).toEqual([
      // 64 pixels · 18·2, 16 pixels · 18·2
      ['encoder/conv', 64 * 36, 38],
      ['pool', 0, 0],
      ['encoder/conv', 16 * 36, 0],
    ]);
    expect(countLayersModel(model).macs).toBe(await profiledMacs(model, [8, 8, 2]));
  });

  it('sequentials in sequentials', () => {
    const inner = tf.sequential({
      layers: [tf.layers.dense({ inputShape: [3], units: 5, name: 'x' })],
      name: 'inner',
    });
    const layers = [tf.layers.dense({ inputShape: [2], units: 3, name: 'w' }), inner];
    const model = tf.sequential({ layers: [...layers, tf.layers.dense({ units: 2, name: 'y' })] });
    expect(rows(model)).toEqual([
      ['w', 6, 9],
      ['inner/x', 15, 20],
      ['y', 10, 12],
    ]);
  });

  it('layers with several outputs, and outputs that are used twice', () => {
    const input = tf.input({ shape: [6, 4] });
    const lstm = tf.layers.lstm({ units: 3, returnState: true, name: 'lstm' });
    const [sequence, , cell] = lstm.apply(input) as tf.SymbolicTensor[];
    const sum = tf.layers.add({ name: 'add' }).apply([sequence!, cell!]) as tf.SymbolicTensor;
    const model = tf.model({ inputs: input, outputs: [sum, cell!] });
    expect(rows(model)).toEqual([
      ['lstm', 504, 96],
      ['add', 0, 0],
    ]);
  });

  it('only what leads to the outputs', () => {
    const input = tf.input({ shape: [4] });
    const used = tf.layers.dense({ units: 2, name: 'used' }).apply(input) as tf.SymbolicTensor;
    tf.layers.dense({ units: 9, name: 'unused' }).apply(used);
    expect(rows(tf.model({ inputs: input, outputs: used })).map((row) => (row as unknown[])[0])).toEqual([
      'used',
    ]);
  });
});

describe('countLayersModel, against what tfjs runs', () => {
  const image = [12, 10, 3];
  const build = (body: (x: tf.SymbolicTensor) => tf.SymbolicTensor): tf.LayersModel => {
    const input = tf.input({ shape: image });
    return tf.model({ inputs: input, outputs: body(input) });
  };
  const apply = (layer: tf.layers.Layer, x: tf.SymbolicTensor | tf.SymbolicTensor[]): tf.SymbolicTensor =>
    layer.apply(x) as tf.SymbolicTensor;

  it.each([
    ['valid', 1],
    ['valid', 3],
    ['same', 1],
    ['same', 2],
  ] as const)('convolutions with padding %s and stride %i', async (padding, strides) => {
    const model = build((x) => {
      const conv = apply(tf.layers.conv2d({ filters: 4, kernelSize: [3, 2], padding, strides }), x);
      const depthwise = apply(
        tf.layers.depthwiseConv2d({ kernelSize: 2, padding, depthMultiplier: 2 }),
        conv,
      );
      const separable = apply(tf.layers.separableConv2d({ filters: 3, kernelSize: 2, padding }), depthwise);
      return apply(tf.layers.conv2dTranspose({ filters: 2, kernelSize: 3, strides, padding }), separable);
    });
    expect(countLayersModel(model).macs).toBe(await profiledMacs(model, image));
  });

  it('a residual network with a shared block', async () => {
    const block = tf.layers.conv2d({ filters: 6, kernelSize: 3, padding: 'same' });
    const model = build((x) => {
      const stem = apply(tf.layers.conv2d({ filters: 6, kernelSize: 3, strides: 2, padding: 'same' }), x);
      const once = apply(tf.layers.add(), [apply(block, stem), stem]);
      const twice = apply(tf.layers.add(), [apply(block, once), once]);
      return apply(tf.layers.dense({ units: 5 }), apply(tf.layers.globalAveragePooling2d({}), twice));
    });
    expect(countLayersModel(model).macs).toBe(await profiledMacs(model, image));
  });

  it('recurrent layers', async () => {
    const model = tf.sequential({
      layers: [
        tf.layers.lstm({ inputShape: [5, 3], units: 4, returnSequences: true }),
        tf.layers.gru({ units: 3, returnSequences: true }),
        tf.layers.bidirectional({ layer: tf.layers.simpleRNN({ units: 2 }), mergeMode: 'concat' }),
      ],
    });
    // tfjs multiplies the GRU's 3·(in + units)·units in four products, which sum to the same
    expect(countLayersModel(model).macs).toBe(await profiledMacs(model, [5, 3]));
  });
});

describe('countLayersModel, against published counts', () => {
  it('MobileNet at 224 px', () => {
    const bare = { useBias: false } as const;
    const relu6 = (): tf.layers.Layer => tf.layers.reLU({ maxValue: 6 });
    const layers: tf.layers.Layer[] = [
      tf.layers.conv2d({
        inputShape: [224, 224, 3],
        filters: 32,
        kernelSize: 3,
        strides: 2,
        padding: 'same',
        ...bare,
        ...zeros,
      }),
      tf.layers.batchNormalization(),
      relu6(),
    ];
    const settings: [filters: number, strides: number][] = [
      [64, 1],
      [128, 2],
      [128, 1],
      [256, 2],
      [256, 1],
      [512, 2],
      [512, 1],
      [512, 1],
      [512, 1],
      [512, 1],
      [512, 1],
      [1024, 2],
      [1024, 1],
    ];
    for (const [filters, strides] of settings)
      layers.push(
        tf.layers.depthwiseConv2d({
          kernelSize: 3,
          strides,
          padding: 'same',
          depthwiseInitializer: 'zeros',
          ...bare,
        }),
        tf.layers.batchNormalization(),
        relu6(),
        tf.layers.conv2d({ filters, kernelSize: 1, ...bare, ...zeros }),
        tf.layers.batchNormalization(),
        relu6(),
      );
    layers.push(
      tf.layers.globalAveragePooling2d({}),
      tf.layers.dropout({ rate: 0.001 }),
      tf.layers.dense({ units: 1000, ...zeros }),
      tf.layers.softmax(),
    );
    const count = countLayersModel(tf.sequential({ layers }));
    expect(count.parameters).toBe(4_231_976); // keras.applications.MobileNet().summary(): trainable parameters
    expect(Math.round(count.macs / 1e6)).toBe(569); // Howard et al. 2017, Table 4: 569 million mult-adds
    expect(count.unknown).toEqual([]);
  });
});

describe('countLayersModel, conventions', () => {
  it('FLOPs are twice the multiply–accumulates, whatever is counted', () => {
    const model = tf.sequential({
      layers: [
        tf.layers.conv2d({ inputShape: [5, 5, 2], filters: 3, kernelSize: 3, activation: 'relu' }),
        tf.layers.batchNormalization(),
        tf.layers.maxPooling2d({ poolSize: 3 }),
      ],
    });
    const flops = countLayersModel(model, { conventions: all });
    const macs = countLayersModel(model, { conventions: { ...all, unit: 'macs' } });
    expect(flops.macs).toBe(2 * macs.macs);
    // 9·3·18 · 2; 27 biases and 27 comparisons; 2·27; 8·3
    expect(flops.layers.map((layer) => layer.macs)).toEqual([972 + 54, 54, 24]);
    expect(flops.conventions).toBe(all);
  });
});

/** A layer of someone else's. */
class Twice extends tf.layers.Layer {
  static className = 'Twice';
  override build(): void {
    this.addWeight('factor', [3], 'float32', tf.initializers.ones());
    this.built = true;
  }
  override computeOutputShape(inputShape: tf.Shape): tf.Shape {
    return inputShape;
  }
}

describe('countLayersModel, layers it does not know', () => {
  const model = (): tf.LayersModel => {
    const input = tf.input({ shape: [4, 3] });
    const twice = new Twice({ name: 'twice' }).apply(input) as tf.SymbolicTensor;
    const outputs = tf.layers.dense({ units: 2, name: 'dense' }).apply(twice) as tf.SymbolicTensor;
    return tf.model({ inputs: input, outputs });
  };

  it('are listed, with their parameters', () => {
    const count = countLayersModel(model());
    expect(count.unknown).toEqual([{ path: 'twice', className: 'Twice', outShape: [4, 3], parameters: 3 }]);
    expect(count.layers.map(({ path }) => path)).toEqual(['dense']);
    expect(count).toMatchObject({ macs: 24, parameters: 3 + 8 });
  });

  it('can be counted by a counter that is passed', () => {
    const count = countLayersModel(model(), {
      counters: {
        Twice: ({ className, name, inputShapes, outputShapes, weightShapes, config }) => {
          expect([className, name, inputShapes, outputShapes, weightShapes]).toEqual([
            'Twice',
            'twice',
            [[4, 3]],
            [[4, 3]],
            [[3]],
          ]);
          expect(config).toMatchObject({ name: 'twice' });
          return { macs: 12 };
        },
      },
    });
    expect(count).toMatchObject({ macs: 12 + 24, unknown: [] });
  });

  it('a counter that is passed comes before the built-in one, and may pass too', () => {
    const counters = {
      Dense: () => ({ macs: 1, biasOperations: undefined as unknown as number }),
      Twice: () => undefined,
    };
    expect(countLayersModel(model(), { counters })).toMatchObject({ macs: 1, unknown: [{ path: 'twice' }] });
  });

  it('recurrent convolutions are among them', () => {
    const layer = tf.layers.convLstm2d({ inputShape: [2, 4, 4, 1], filters: 2, kernelSize: 3 });
    expect(countLayersModel(tf.sequential({ layers: [layer] })).unknown).toMatchObject([
      { className: 'ConvLSTM2D' },
    ]);
  });

  it('names of object members are no classes', () => {
    class constructor_ extends Twice {
      static override className = 'constructor';
    }
    const input = tf.input({ shape: [2] });
    const outputs = new constructor_({ name: 'odd' }).apply(input) as tf.SymbolicTensor;
    expect(countLayersModel(tf.model({ inputs: input, outputs })).unknown).toMatchObject([
      { className: 'constructor' },
    ]);
  });

  it('an unknown activation makes a layer unknown', () => {
    const dense = tf.layers.dense({ units: 2, inputShape: [3] });
    const lstm = tf.layers.lstm({ units: 2, inputShape: [3, 4] });
    const act = tf.layers.activation({ activation: 'relu', inputShape: [3] });
    const product = tf.layers.dot({ axes: 1 });
    for (const layer of [dense, lstm, act]) {
      const sequential = tf.sequential({ layers: [layer] });
      const config = layer.getConfig();
      layer.getConfig = () => ({ ...config, activation: 'squircle' });
      expect(countLayersModel(sequential).unknown).toHaveLength(1);
    }
    const inputs = [tf.input({ shape: [7] }), tf.input({ shape: [7] })];
    const outputs = product.apply(inputs) as tf.SymbolicTensor;
    product.getConfig = () => ({ axes: 'all' });
    expect(countLayersModel(tf.model({ inputs, outputs })).unknown).toMatchObject([{ className: 'Dot' }]);
  });

  it.each([NaN, -1, Infinity, '12'])('refuses a counter that says %s', (macs) => {
    const counters = { Twice: () => ({ macs: macs as number }) };
    expect(() => countLayersModel(model(), { counters })).toThrow(RangeError);
    expect(() => countLayersModel(model(), { counters })).toThrow(
      'counters.Twice of layer twice: expected macs to be a finite number >= 0, got',
    );
  });
});

describe('countLayersModel, sizes and errors', () => {
  const open = (): tf.LayersModel =>
    tf.sequential({
      layers: [
        tf.layers.conv2d({
          inputShape: [null, null, 3],
          filters: 2,
          kernelSize: 3,
          name: 'conv',
        }),
      ],
    });

  it('takes the size of an input that the model leaves open', () => {
    expect(countLayersModel(open(), { inputShapes: [[5, 6, 3]] }).macs).toBe(3 * 4 * 54);
    expect(countLayersModel(open(), { inputShapes: [[9, 9, 3]] }).macs).toBe(7 * 7 * 54);
  });

  it('says so where it needs one', () => {
    expect(() => countLayersModel(open())).toThrow(RangeError);
    expect(() => countLayersModel(open())).toThrow(
      /inputShapes\[0\] \(input conv_input\): expected whole numbers that fit \[null, null, 3\] \(null: any\), got \[null, null, 3\]/,
    );
  });

  it.each([[[5, 5, 4]], [[5, 5]], [[5, NaN, 3]], [[5, 0, 3]], [[1, 5, 5, 3]], [[5, 2.5, 3]]])(
    'refuses the input shape %j',
    (shape) => {
      expect(() => countLayersModel(open(), { inputShapes: [shape] })).toThrow(
        `got [${shape.join(', ')}]. Pass inputShapes without the batch.`,
      );
    },
  );

  it('refuses maps without pixels, and names every layer that has one', () => {
    const conv = (name: string, inputShape?: (number | null)[]) =>
      tf.layers.conv2d({
        name,
        filters: 3,
        kernelSize: 7,
        padding: 'valid',
        ...(inputShape && { inputShape }),
      });
    const model = tf.sequential({
      layers: [conv('one', [null, null, 3]), conv('two'), conv('three')],
    });
    const counting = (size: number) => () => countLayersModel(model, { inputShapes: [[size, size, 3]] });
    expect(counting(8)).toThrow(RangeError);
    expect(counting(8)).toThrow(
      'layer two: expected a map of at least 1 pixel, got [-4, -4, 3] from [2, 2, 3], and after it layer three [-10, -10, 3]. Pass larger inputShapes.',
    );
    // 0 is not a size either
    expect(counting(18)).toThrow(
      /^layer three: expected a map of at least 1 pixel, got \[0, 0, 3\] from \[6, 6, 3\]\. Pass/,
    );
    expect(counting(19)().macs).toBe((13 * 13 + 7 * 7 + 1) * 49 * 9);
  });

  it('refuses a window of pooling that is larger than its map', () => {
    const model = tf.sequential({
      layers: [tf.layers.maxPooling2d({ name: 'pool', inputShape: [null, null, 3], poolSize: 4 })],
    });
    expect(() => countLayersModel(model, { inputShapes: [[3, 9, 3]] })).toThrow(
      /^layer pool: expected a map of at least 1 pixel, got \[0, 2, 3\] from \[3, 9, 3\]/,
    );
  });

  it('refuses as many shapes as there are no inputs', () => {
    expect(() => countLayersModel(open(), { inputShapes: [] })).toThrow(
      'inputShapes: expected 1, one for each input, got 0',
    );
  });

  it('names the layer whose size is lost on the way', () => {
    class Lost extends Twice {
      static override className = 'Lost';
      override computeOutputShape(): tf.Shape {
        return [null, null, 3];
      }
    }
    const input = tf.input({ shape: [4, 3] });
    const outputs = new Lost({ name: 'lost' }).apply(input) as tf.SymbolicTensor;
    const model = tf.model({ inputs: input, outputs });
    expect(() => countLayersModel(model)).toThrow(
      'layer lost: expected a known size on every axis, got null',
    );
  });

  it('refuses what is no built model', () => {
    const unbuilt = tf.sequential();
    expect(() => countLayersModel(unbuilt)).toThrow(TypeError);
    expect(() => countLayersModel({} as LayersModelLike)).toThrow('model: expected a built tf.LayersModel');
  });

  it('leaves no tensors behind', () => {
    const model = tf.sequential({ layers: [tf.layers.dense({ inputShape: [3], units: 2 })] });
    const before = tf.memory().numTensors;
    countLayersModel(model);
    expect(tf.memory().numTensors).toBe(before);
  });
});
