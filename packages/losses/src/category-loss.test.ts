import { expectNoLeak, maxAbsoluteDifference, numericalGradient } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { categoryLoss } from './category-loss.js';
import pytorch from './fixtures/cross-entropy.json' with { type: 'json' };

describe('categoryLoss (Eq. 9)', () => {
  it.each(pytorch.cases.filter(({ labelSmoothing }) => labelSmoothing === 0))(
    'agrees with PyTorch: $images images, $classes categories',
    ({ images, classes, logits, labels, loss }) => {
      const value = categoryLoss(tf.tensor2d(logits, [images, classes]), labels).dataSync()[0]!;
      expect(Math.abs(value / loss - 1)).toBeLessThan(1e-6);
    },
  );

  it('has the gradient of finite differences', () => {
    const at = [0.3, -1, 0.5, 2, 0, 0.1];
    const slope = tf
      .grad((x) => categoryLoss(x as tf.Tensor2D, [2, 0]))(tf.tensor2d(at, [2, 3]))
      .dataSync();
    const differences = numericalGradient(
      (x) => categoryLoss(tf.tensor2d(x, [2, 3]), [2, 0]).dataSync()[0]!,
      at,
    );
    expect(maxAbsoluteDifference(slope, differences)).toBeLessThan(1e-3);
  });

  it('leaves no tensor, and refuses a category out of range', () => {
    const logits = tf.zeros<tf.Rank.R2>([1, 20]);
    expectNoLeak(() => categoryLoss(logits, [19]));
    expect(() => categoryLoss(logits, [20])).toThrow(expect.objectContaining({ code: 'DMNN_LOSS' }));
  });
});
