import { expectNoLeak, maxAbsoluteDifference, numericalGradient } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { boundsLoss } from './bounds-loss.js';
import { executionRates } from './execution-rates.js';
import { flopsRate } from './flops-rate.js';
import { layerTargetLoss } from './layer-target-loss.js';
import { linearisedLoss } from './linearised-loss.js';
import { rateGradient } from './rate-gradient.js';
import type { RateTensors } from './rates.js';
import { resourceLoss } from './resource-loss.js';
import { wholeBatchRates } from './whole-batch-rates.js';

const table = {
  fixedMacs: 18,
  controllerMacs: [1, 1],
  subBlockMacs: [
    [20, 20],
    [30, 10],
  ],
};

/**
 * Smooth gates of two blocks of a tiny model, so that everything can be differenced: sigmoid(parameters · features).
 */
const features = [
  [0.5, 2],
  [-1, 1],
  [2, -0.3],
  [0, 1],
  [-2, -2],
  [1, 0.4],
];
function ratesOf(parameters: tf.Tensor2D, from: number, to: number): RateTensors {
  const all = tf.sigmoid(tf.matMul(tf.tensor2d(features.slice(from, to)), parameters));
  const gates = tf.split<tf.Tensor2D>(all, 2, 1);
  return { rates: executionRates(gates), flopsRate: flopsRate(gates, table) };
}
const parameters = tf.tensor2d([
  [1, -0.5, 2, 0.3],
  [0.2, 1.5, -1, 0.7],
]);

/** Micro-batches of 2, 1 and 3 images. */
const PARTS = [
  [0, 2],
  [2, 3],
  [3, 6],
] as const;

const losses: Record<string, (rates: RateTensors) => tf.Scalar> = {
  'Eq. 15': (rates) => resourceLoss({ ...rates, target: 0.3 }).total,
  'a loss of the rates only': ({ rates }) => layerTargetLoss(rates, [0.2, 0.9]),
  'a sum with bounds': (rates) =>
    tf.add(
      resourceLoss({ ...rates, target: 0.3 }).flopsLoss,
      boundsLoss(rates.rates, { lower: 0.3, upper: 0.5 }),
    ),
};

function numbersOf(from: number, to: number) {
  const { rates, flopsRate } = ratesOf(parameters, from, to);
  return { images: to - from, rates: [...rates.dataSync()], flopsRate: flopsRate.dataSync()[0]! };
}

describe.each(Object.entries(losses))('gradient accumulation of %s', (_, loss) => {
  const whole = tf.valueAndGrad((p) => loss(ratesOf(p as tf.Tensor2D, 0, 6)))(parameters);

  it('has the value and the gradient of the whole batch', async () => {
    const gradient = await rateGradient(
      loss,
      wholeBatchRates(PARTS.map(([from, to]) => numbersOf(from, to))),
    );
    let value = 0;
    const slope = new Float64Array(8);
    for (const [from, to] of PARTS) {
      const weighted = (p: tf.Tensor) =>
        tf.mul<tf.Scalar>(linearisedLoss(gradient, ratesOf(p as tf.Tensor2D, from, to)), (to - from) / 6);
      const micro = tf.valueAndGrad(weighted)(parameters);
      value += micro.value.dataSync()[0]!;
      micro.grad.dataSync().forEach((d, i) => (slope[i]! += d));
    }
    expect(Math.abs(value - whole.value.dataSync()[0]!)).toBeLessThan(1e-7);
    expect(gradient.value).toBeCloseTo(whole.value.dataSync()[0]!, 7);
    expect(maxAbsoluteDifference(slope, whole.grad.dataSync())).toBeLessThan(1e-7);
  });

  it('differs from the mean of the losses of the micro-batches', () => {
    const mean = tf.valueAndGrad((p) =>
      tf.addN(
        PARTS.map(([from, to]) =>
          tf.mul<tf.Scalar>(loss(ratesOf(p as tf.Tensor2D, from, to)), (to - from) / 6),
        ),
      ),
    )(parameters);
    expect(mean.value.dataSync()[0]! - whole.value.dataSync()[0]!).toBeGreaterThan(1e-3); // Jensen
    expect(maxAbsoluteDifference(mean.grad.dataSync(), whole.grad.dataSync())).toBeGreaterThan(1e-3);
  });

  it('uses a gradient that finite differences confirm', async () => {
    const at = { rates: [0.62, 0.57], flopsRate: 0.66 };
    const { slope } = await rateGradient(loss, at);
    const differences = numericalGradient(
      (x) => loss({ rates: tf.tensor1d([x[0]!, x[1]!]), flopsRate: tf.scalar(x[2]!) }).dataSync()[0]!,
      [...at.rates, at.flopsRate],
    );
    expect(maxAbsoluteDifference([...slope.rates, slope.flopsRate], differences)).toBeLessThan(1e-4);
  });
});

describe('rateGradient and linearisedLoss', () => {
  it('give the closed form of Eq. 15: 2(r_l − t)/L and 2(f − t)', async () => {
    const at = { rates: [0.75, 0.5], flopsRate: 0.875 };
    const { value, slope } = await rateGradient((rates) => resourceLoss({ ...rates, target: 0.5 }).total, at);
    expect(value).toBe(0.03125 + 0.140625);
    expect(slope).toEqual({ rates: [0.25, 0], flopsRate: 0.75 });
  });

  it('leave no tensor', async () => {
    const before = tf.memory().numTensors;
    const gradient = await rateGradient((rates) => resourceLoss({ ...rates, target: 0.5 }).total, {
      rates: [0.75],
      flopsRate: 0.9,
    });
    expect(tf.memory().numTensors).toBe(before);
    const micro = { rates: tf.tensor1d([1]), flopsRate: tf.scalar(1) };
    expectNoLeak(() => linearisedLoss(gradient, micro));
  });

  it('refuse rates of another network', () => {
    const gradient = { value: 0, at: { rates: [1], flopsRate: 1 }, slope: { rates: [1], flopsRate: 1 } };
    const micro = { rates: tf.tensor1d([1, 1]), flopsRate: tf.scalar(1) };
    expect(() => linearisedLoss(gradient, micro)).toThrow(expect.objectContaining({ code: 'DMNN_LOSS' }));
    expect(() => linearisedLoss(gradient, micro)).toThrow(
      'micro.rates: expected 1 blocks, as in the gradient, got 2',
    );
  });
});
