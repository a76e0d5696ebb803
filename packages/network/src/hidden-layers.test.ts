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
  head: { units: [], inFeatures: 2, hidden: [{ features: 2, activation: 'relu' }], classes: 1 },
};

it('a head of two linear layers has an activation between them', () => {
  const network = createNetwork(average, { seed: 1 });
  const set = (name: string, values: number[], shape: number[]) => {
    (network.variables.get(name) as tf.Variable).assign(tf.tensor(values, shape));
  };
  set('head.hidden0.weight', [1, -1, 2, 1], [2, 2]);
  set('head.hidden0.bias', [0.5, -4], [2]);
  set('head.linear.weight', [3, 100], [2, 1]);
  set('head.linear.bias', [0.25], [1]);
  const x = tf.tensor4d([1, 2], [1, 1, 1, 2]);
  const { logits } = network.forward(x, { statistics: 'moving', execution: 'masked' });
  // 1·1 + 2·2 + 0.5 = 5.5; −1 + 2 − 4 < 0 → 0; 3 · 5.5 + 0.25
  expect([...logits.dataSync()]).toEqual([16.75]);
  tf.dispose([x, logits]);
  network.dispose();
});
