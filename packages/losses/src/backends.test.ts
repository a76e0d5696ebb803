import { maxAbsoluteDifference } from '@dmnn/test-kit';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, it } from 'vitest';
import { boundsLoss } from './bounds-loss.js';
import { categoryLoss } from './category-loss.js';
import { classificationLoss } from './classification-loss.js';
import { executionRates } from './execution-rates.js';
import { flopsRate } from './flops-rate.js';
import { layerTargetLoss } from './layer-target-loss.js';
import { linearisedLoss } from './linearised-loss.js';
import { rateGradient } from './rate-gradient.js';
import { resourceLoss } from './resource-loss.js';
import { totalLoss } from './total-loss.js';
import { weightedCategoryLoss } from './weighted-category-loss.js';

const table = {
  fixedMacs: 18,
  controllerMacs: [1, 1],
  subBlockMacs: [
    [20, 20],
    [30, 10],
  ],
};

/** Every loss of this package at once, of logits and smooth gates `[4, 4]`. */
function everything(x: tf.Tensor2D): tf.Scalar {
  const gates = tf.split<tf.Tensor2D>(tf.sigmoid(x), 2, 1);
  const rates = { rates: executionRates(gates), flopsRate: flopsRate(gates, table) };
  const resource = [
    resourceLoss({ ...rates, target: 0.3 }).total,
    layerTargetLoss(rates.rates, [0.2, 1]),
    boundsLoss(rates.rates, { lower: 0.3, upper: 0.4 }),
  ];
  return totalLoss({
    classification: classificationLoss(x, [0, 3, 1, 2], { labelSmoothing: 0.1 }),
    category: weightedCategoryLoss([categoryLoss(x, [1, 1, 0, 3])], [0.1]),
    resource: tf.addN<tf.Scalar>(resource),
  }).total;
}

async function on(backend: string): Promise<number[]> {
  await tf.setBackend(backend);
  expect(tf.getBackend()).toBe(backend);
  const values = Array.from({ length: 16 }, (_, i) => 3 * Math.sin(i));
  const { value, grad } = tf.valueAndGrad((x) => everything(x as tf.Tensor2D))(tf.tensor2d(values, [4, 4]));
  const gradient = await rateGradient((rates) => resourceLoss({ ...rates, target: 0.3 }).total, {
    rates: [0.7, 0.5],
    flopsRate: 0.8,
  });
  const micro = linearisedLoss(gradient, { rates: tf.tensor1d([0.9, 0.2]), flopsRate: tf.scalar(0.6) });
  return [...value.dataSync(), ...grad.dataSync(), ...gradient.slope.rates, ...micro.dataSync()];
}

describe('the wasm backend', () => {
  afterAll(() => tf.setBackend('cpu'));

  it('agrees with the cpu backend in values and gradients', async () => {
    const [cpu, wasm] = [await on('cpu'), await on('wasm')];
    expect(cpu.length).toBe(1 + 16 + 2 + 1);
    expect(maxAbsoluteDifference(wasm, cpu)).toBeLessThan(2e-6);
  });
});
