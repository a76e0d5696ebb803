import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Conventions, paperConventions } from '../conventions.js';
import { countLayersModel } from './count-layers-model.js';
import { rows } from './fixtures/counted.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('countLayersModel, sequences, by hand', () => {
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
