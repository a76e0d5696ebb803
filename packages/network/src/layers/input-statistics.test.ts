import { type Architecture, convUnit } from '@dmnn/architecture';
import { likeliest } from '@dmnn/gating';
import { expectNoLeak } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { createNetwork } from '../create-network.js';

const architecture: Architecture = {
  name: 'two-units',
  imageSizePx: 2,
  inChannels: 1,
  stem: { units: [convUnit(1, 1, 1), convUnit(1, 1, 1)] },
  stages: [],
  head: { units: [], inFeatures: 1, classes: 2 },
};

/** A network whose filters multiply by 2 and −1, with moving statistics far from those of any image. */
function doubling() {
  const network = createNetwork(architecture, { seed: 1 });
  network.variables.get('stem.unit0.weight')?.assign(tf.tensor([2], [1, 1, 1, 1]));
  network.variables.get('stem.unit1.weight')?.assign(tf.tensor([-1], [1, 1, 1, 1]));
  network.variables.get('stem.unit0.movingMean')?.assign(tf.tensor1d([4]));
  network.variables.get('stem.unit0.movingVariance')?.assign(tf.tensor1d([1 - 1e-5]));
  return network;
}

const images = tf.tensor4d([1, 2, 3, 6], [1, 2, 2, 1]);

describe('Network.inputStatistics', () => {
  it('gives mean and unbiased variance of what enters each batch norm, and changes nothing', async () => {
    const network = doubling();
    const before = await network.weights();
    network.fold();
    const statistics = await network.inputStatistics(images, { policy: likeliest });
    const numbers = (name: string) => statistics.get(name)?.data[0];
    // 2, 4, 6, 12: mean 6, squares 16 + 4 + 0 + 36 over 3
    expect(numbers('stem.unit0.movingMean')).toBeCloseTo(6, 5);
    expect(numbers('stem.unit0.movingVariance')).toBeCloseTo(56 / 3, 4);
    // minus 4, rectified: 0, 0, 2, 8; times −1: mean −2.5, squares 6.25 + 6.25 + 0.25 + 30.25 over 3
    expect(numbers('stem.unit1.movingMean')).toBeCloseTo(-2.5, 5);
    expect(numbers('stem.unit1.movingVariance')).toBeCloseTo(43 / 3, 4);
    expect([...statistics.keys()]).toHaveLength(4);
    expect(await network.weights()).toEqual(before);
    network.dispose();
  });

  it('leaves no tensor, whether the pass succeeds or not', async () => {
    const network = doubling();
    const before = tf.memory().numTensors;
    await network.inputStatistics(images, { policy: likeliest });
    await expect(network.inputStatistics(tf.zeros([1, 1, 1, 1]), { policy: likeliest })).rejects.toThrow(
      expect.objectContaining({ code: 'DMNN_BATCH_NORM' }),
    );
    expect(tf.memory().numTensors).toBe(before + 1); // the zeros
    expectNoLeak(() =>
      network.forward(images, { policy: likeliest, statistics: 'moving', execution: 'masked' }),
    );
    network.dispose();
  });
});
