import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { countLayersModel } from './count-layers-model.js';
import { profiledMacs } from './fixtures/counted.js';

const zeros = { kernelInitializer: 'zeros' } as const;

beforeAll(async () => {
  await tf.setBackend('cpu');
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
