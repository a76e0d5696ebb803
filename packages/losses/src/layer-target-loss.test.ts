import { expectNoLeak, maxAbsoluteDifference, numericalGradient } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { layerTargetLoss } from './layer-target-loss.js';

describe('layerTargetLoss', () => {
  it('omits blocks with target 1 from the sum, but not from the divisor', () => {
    // ConvNet-AIG's published targets for ResNet-50 at t = 0.7, all rates 0.9: eight blocks add something
    const targets = [1, 1, 0.8, 1, 0.7, 0.7, 0.7, 1, 0.7, 0.7, 0.7, 1, 1, 1, 0.7, 1];
    const loss = layerTargetLoss(tf.fill([16], 0.9), targets);
    // (0.8 − 0.9)² + 7·(0.7 − 0.9)² = 0.29, over 16
    expect(loss.dataSync()[0]).toBeCloseTo(0.29 / 16, 6);
  });

  it('equals Eq. 12 if all targets are equal', () => {
    // (0.3² + 0.1² + 0.4²) / 3
    expect(layerTargetLoss(tf.tensor1d([0.9, 0.5, 0.2]), [0.6, 0.6, 0.6]).dataSync()[0]).toBeCloseTo(
      0.26 / 3,
      6,
    );
  });

  it('has the gradient of finite differences', () => {
    const at = [0.9, 0.5, 0.2];
    const targets = [1, 0.4, 0.8];
    const slope = tf
      .grad((x) => layerTargetLoss(x as tf.Tensor1D, targets))(tf.tensor1d(at))
      .dataSync();
    const differences = numericalGradient((x) => layerTargetLoss(tf.tensor1d(x), targets).dataSync()[0]!, at);
    expect(maxAbsoluteDifference(slope, differences)).toBeLessThan(1e-4);
  });

  it('leaves no tensor', () => {
    const rates = tf.tensor1d([0.5, 1]);
    expectNoLeak(() => layerTargetLoss(rates, [0.6, 1]));
  });

  it('refuses targets that do not fit', () => {
    const rates = tf.tensor1d([0.5, 1]);
    expect(() => layerTargetLoss(rates, [0.6])).toThrow(expect.objectContaining({ code: 'DMNN_LOSS' }));
    expect(() => layerTargetLoss(rates, [0.6])).toThrow('targets: expected 2, one for each rate, got 1');
    for (const target of [0, 1.1, NaN]) {
      expect(() => layerTargetLoss(rates, [0.6, target])).toThrow(
        `targets[1]: expected a fraction in (0, 1], got ${target}`,
      );
    }
    expect(() => layerTargetLoss(tf.zeros<tf.Rank>([1, 2]) as tf.Tensor1D, [0.6, 1])).toThrow(
      expect.objectContaining({ code: 'DMNN_LOSS' }),
    );
  });
});
