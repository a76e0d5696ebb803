import { expectNoLeak, numericalGradient } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import reference from './fixtures/resource-losses.json' with { type: 'json' };
import { flopsLoss } from './flops-loss.js';

describe('flopsLoss (Eq. 14)', () => {
  it('is the squared distance to the target', () => {
    expect(flopsLoss(tf.scalar(0.9), 0.6).dataSync()[0]).toBeCloseTo(0.09, 6);
    expect(flopsLoss(tf.scalar(0.3), 0.6).dataSync()[0]).toBeCloseTo(0.09, 6);
  });

  it('agrees with PyTorch', () => {
    const loss = flopsLoss(tf.scalar(reference.flopsRate), reference.targetRate).dataSync()[0]!;
    expect(Math.abs(loss / reference.flopsLoss - 1)).toBeLessThan(2e-6); // a square of a difference: twice its error
  });

  it('has the gradient of finite differences', () => {
    const slope = tf
      .grad((x) => flopsLoss(x as tf.Scalar, 0.6))(tf.scalar(0.9))
      .dataSync()[0]!;
    const [difference] = numericalGradient((x) => flopsLoss(tf.scalar(x[0]!), 0.6).dataSync()[0]!, [0.9]);
    expect(Math.abs(slope - difference!)).toBeLessThan(1e-4);
  });

  it('leaves no tensor', () => {
    const rate = tf.scalar(0.5);
    expectNoLeak(() => flopsLoss(rate, 0.6));
  });

  it.each([0, 1.1, NaN])('refuses target %f', (target) => {
    expect(() => flopsLoss(tf.scalar(0.5), target)).toThrow(RangeError);
  });
});
