import { expectNoLeak, maxAbsoluteDifference } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { executionRates } from './execution-rates.js';
import reference from './fixtures/resource-losses.json' with { type: 'json' };
import { flopsRate } from './flops-rate.js';
import { resourceLoss } from './resource-loss.js';

const { targetRate: target, table } = reference;
const ofGates = (gates: tf.Tensor2D[]) =>
  resourceLoss({ rates: executionRates(gates), flopsRate: flopsRate(gates, table), target });

describe('resourceLoss (Eq. 15)', () => {
  it.each(['executionRateLoss', 'flopsLoss', 'total'] as const)(
    'agrees with PyTorch from the gates on: %s',
    (term) => {
      const gates = reference.gates.map((g) => tf.tensor2d(g));
      const { value, grads } = tf.valueAndGrads((...g: tf.Tensor[]) => ofGates(g as tf.Tensor2D[])[term])(
        gates,
      );
      expect(Math.abs(value.dataSync()[0]! / reference[term] - 1)).toBeLessThan(2e-6);
      grads.forEach((gradient, l) => {
        const expected = reference.gradients[term][l]!.flat();
        expect(maxAbsoluteDifference(gradient.dataSync(), expected)).toBeLessThan(1e-7);
      });
    },
  );

  it('accepts rates from plain numbers', () => {
    // 0.25² and 0.3²
    const loss = resourceLoss({ rates: tf.tensor1d([0.75]), flopsRate: tf.scalar(0.8), target: 0.5 });
    expect(loss.executionRateLoss.dataSync()[0]).toBeCloseTo(0.0625, 6);
    expect(loss.flopsLoss.dataSync()[0]).toBeCloseTo(0.09, 6);
    expect(loss.total.dataSync()[0]).toBeCloseTo(0.1525, 6);
  });

  it('returns three tensors and leaves no other', () => {
    const rates = { rates: tf.tensor1d([0.75]), flopsRate: tf.scalar(0.8) };
    expectNoLeak(() => ({ ...resourceLoss({ ...rates, target }) }));
    const before = tf.memory().numTensors;
    resourceLoss({ ...rates, target });
    expect(tf.memory().numTensors).toBe(before + 3);
  });

  it('refuses a target out of range', () => {
    expect(() => resourceLoss({ rates: tf.tensor1d([0.75]), flopsRate: tf.scalar(0.8), target: 0 })).toThrow(
      RangeError,
    );
  });
});
