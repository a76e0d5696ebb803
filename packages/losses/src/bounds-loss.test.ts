import { expectNoLeak, maxAbsoluteDifference, numericalGradient } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { boundsLoss } from './bounds-loss.js';
import { wideningBounds } from './widening-bounds.js';

const bounds = { lower: 0.3, upper: 0.8 };

describe('boundsLoss', () => {
  it('is the mean squared excess', () => {
    // 0.1² below, nothing, 0.2² above, over 3
    expect(boundsLoss(tf.tensor1d([0.2, 0.5, 1]), bounds).dataSync()[0]).toBeCloseTo(0.05 / 3, 6);
  });

  it('is 0 within the bounds, and always after a third of training', () => {
    expect(boundsLoss(tf.tensor1d([0.3, 0.5, 0.8]), bounds).dataSync()[0]).toBeCloseTo(0, 12);
    expect(boundsLoss(tf.tensor1d([0, 1]), wideningBounds(0.5, 0.6)).dataSync()[0]).toBe(0);
  });

  it('is Eq. 12 at the start of training', () => {
    const loss = boundsLoss(tf.tensor1d([0.9, 0.5, 0.2]), wideningBounds(0, 0.6));
    expect(loss.dataSync()[0]).toBeCloseTo(0.26 / 3, 6); // (0.3² + 0.1² + 0.4²) / 3
  });

  it('has the gradient of finite differences', () => {
    const at = [0.2, 0.5, 1, 0.85];
    const slope = tf
      .grad((x) => boundsLoss(x as tf.Tensor1D, bounds))(tf.tensor1d(at))
      .dataSync();
    const differences = numericalGradient((x) => boundsLoss(tf.tensor1d(x), bounds).dataSync()[0]!, at);
    expect(maxAbsoluteDifference(slope, differences)).toBeLessThan(1e-4);
  });

  it('leaves no tensor', () => {
    const rates = tf.tensor1d([0.5, 1]);
    expectNoLeak(() => boundsLoss(rates, bounds));
  });

  it('rejects invalid bounds', () => {
    const rates = tf.tensor1d([0.5]);
    for (const [lower, upper] of [
      [0.5, 0.4],
      [-0.1, 1],
      [0, 1.1],
      [NaN, 1],
      [0, NaN],
    ] as const) {
      expect(() => boundsLoss(rates, { lower, upper })).toThrow(
        `bounds: expected 0 <= lower <= upper <= 1, got ${lower} and ${upper}`,
      );
    }
    expect(() => boundsLoss(tf.zeros<tf.Rank>([]) as tf.Tensor1D, bounds)).toThrow(
      expect.objectContaining({ code: 'DMNN_LOSS' }),
    );
  });
});
