import { expectNoLeak } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { stageWeights } from './stage-weights.js';
import { weightedCategoryLoss } from './weighted-category-loss.js';

describe('weightedCategoryLoss (Eq. 10)', () => {
  it('is the weighted sum over the given blocks', () => {
    const loss = weightedCategoryLoss([tf.scalar(2), tf.scalar(3), tf.scalar(4)], stageWeights([0, 2, 3]));
    expect(loss.dataSync()[0]).toBeCloseTo(0.4302, 6); // 0.0002 + 0.03 + 0.4
  });

  it('has the weights as its gradient', () => {
    const slopes = tf.grads((a: tf.Tensor, b: tf.Tensor) =>
      weightedCategoryLoss([a as tf.Scalar, b as tf.Scalar], [0.25, 0.5]),
    )([tf.scalar(2), tf.scalar(3)]);
    expect(slopes.map((slope) => slope.dataSync()[0])).toEqual([0.25, 0.5]); // linear: differences are exact
  });

  it('leaves no tensor', () => {
    const perBlock = [tf.scalar(1), tf.scalar(2)];
    expectNoLeak(() => weightedCategoryLoss(perBlock, [1, 1]));
  });

  it('refuses blocks and weights that do not fit', () => {
    expect(() => weightedCategoryLoss([tf.scalar(1)], [1, 2])).toThrow(
      expect.objectContaining({ code: 'DMNN_LOSS' }),
    );
    expect(() => weightedCategoryLoss([tf.scalar(1)], [1, 2])).toThrow('got 1 blocks and 2 weights');
    expect(() => weightedCategoryLoss([], [])).toThrow(expect.objectContaining({ code: 'DMNN_LOSS' }));
    for (const weight of [NaN, -1, Infinity]) {
      expect(() => weightedCategoryLoss([tf.scalar(1)], [weight])).toThrow(
        `weights[0]: expected a finite number >= 0, got ${weight}`,
      );
    }
  });
});
