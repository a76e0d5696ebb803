import type { Architecture } from '@dmnn/architecture';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { createNetwork } from './create-network.js';

const average: Architecture = {
  name: 'average',
  imageSizePx: 1,
  inChannels: 2,
  stem: { units: [] },
  stages: [],
  head: { units: [], inFeatures: 2, classes: 1 },
};

// hidden layer: 1·1 + 2·2 + 0.5 = 5.5 and −1 + 2 − 4 = −3 for the first image, 15.5 and −1 for the second
it.each([
  ['none', [5.5, -3], [15.5, -1]],
  ['relu', [5.5, 0], [15.5, 0]],
  ['relu6', [5.5, 0], [6, 0]],
  ['hard-swish', [5.5, 0], [15.5, -1 / 3]], // −1 · 2 / 6
] as const)('a head of two linear layers has %s between them', (activation, ...features) => {
  const head = { ...average.head, hidden: [{ features: 2, activation }] };
  const network = createNetwork({ ...average, head }, { seed: 1 });
  const set = (name: string, values: number[], shape: number[]) => {
    (network.variables.get(name) as tf.Variable).assign(tf.tensor(values, shape));
  };
  set('head.hidden0.weight', [1, -1, 2, 1], [2, 2]);
  set('head.hidden0.bias', [0.5, -4], [2]);
  set('head.linear.weight', [3, 100], [2, 1]);
  set('head.linear.bias', [0.25], [1]);
  const x = tf.tensor4d([1, 2, 3, 6], [2, 1, 1, 2]);
  const { logits } = network.forward(x, { statistics: 'moving', execution: 'masked' });
  logits.dataSync().forEach((value, b) => {
    const [first, second] = features[b] as readonly [number, number];
    expect(value).toBeCloseTo(3 * first + 100 * second + 0.25, 4);
  });
  tf.dispose([x, logits]);
  network.dispose();
});
