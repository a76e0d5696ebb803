import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Conventions } from '../conventions.js';
import { countLayersModel } from './count-layers-model.js';
import { operations, rows } from './fixtures/counted.js';

const all: Conventions = { unit: 'flops', batchNorm: true, bias: true, activations: true, controllers: true };

beforeAll(async () => {
  await tf.setBackend('cpu');
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
