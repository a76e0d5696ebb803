import { expectNoLeak, maxAbsoluteDifference, numericalGradient } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { executionRateLoss } from './execution-rate-loss.js';
import reference from './fixtures/resource-losses.json' with { type: 'json' };

describe('executionRateLoss (Eq. 12)', () => {
  it('is the mean of squares', () => {
    // (0.3² + 0.1² + 0.4²) / 3 = 0.26 / 3
    expect(executionRateLoss(tf.tensor1d([0.9, 0.5, 0.2]), 0.6).dataSync()[0]).toBeCloseTo(0.26 / 3, 6);
    expect(executionRateLoss(tf.tensor1d([1, 1]), 1).dataSync()[0]).toBe(0);
  });

  it('agrees with PyTorch', () => {
    const loss = executionRateLoss(tf.tensor1d(reference.executionRates), reference.targetRate);
    expect(Math.abs(loss.dataSync()[0]! / reference.executionRateLoss - 1)).toBeLessThan(1e-6);
  });

  it('has the gradient of finite differences', () => {
    const at = [0.9, 0.5, 0.2];
    const slope = tf
      .grad((x) => executionRateLoss(x as tf.Tensor1D, 0.6))(tf.tensor1d(at))
      .dataSync();
    const differences = numericalGradient((x) => executionRateLoss(tf.tensor1d(x), 0.6).dataSync()[0]!, at);
    expect(maxAbsoluteDifference(slope, differences)).toBeLessThan(1e-4);
  });

  it('leaves no tensor', () => {
    const rates = tf.tensor1d([0.5]);
    expectNoLeak(() => executionRateLoss(rates, 0.6));
  });

  it('refuses other shapes and targets', () => {
    expect(() => executionRateLoss(tf.zeros<tf.Rank>([2, 2]) as tf.Tensor1D, 0.5)).toThrow(
      expect.objectContaining({ code: 'DMNN_LOSS' }),
    );
    expect(() => executionRateLoss(tf.zeros([0]), 0.5)).toThrow(
      expect.objectContaining({ code: 'DMNN_LOSS' }),
    );
    for (const target of [0, 1.1, -1, NaN]) {
      expect(() => executionRateLoss(tf.zeros([2]), target)).toThrow(
        `target: expected a fraction in (0, 1], got ${target}`,
      );
    }
  });
});
