import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Conventions, paperConventions } from '../conventions.js';
import { countLayersModel } from './count-layers-model.js';
import { rows } from './fixtures/counted.js';

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
});
