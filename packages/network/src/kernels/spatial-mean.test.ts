import { expectNoLeak } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { spatialMean } from './spatial-mean.js';

describe('spatialMean', () => {
  it('averages height and width, and no other axis', () => {
    // two images of 1×2 pixels and 2 channels
    const x = tf.tensor4d([1, 10, 3, 30, 5, 50, 9, 70], [2, 1, 2, 2]);
    const mean = spatialMean(x);
    expect(mean.shape).toEqual([2, 2]);
    expect([...mean.dataSync()]).toEqual([2, 20, 7, 60]);
  });

  it('spreads its gradient evenly', () => {
    const dx = tf.grad((x) => spatialMean(x as tf.Tensor4D))(tf.zeros([1, 2, 2, 2]), tf.tensor2d([[4, 8]]));
    expect(dx.shape).toEqual([1, 2, 2, 2]);
    expect([...dx.dataSync()]).toEqual([1, 2, 1, 2, 1, 2, 1, 2]);
  });

  it('keeps nothing behind', () => {
    const x = tf.ones<tf.Rank.R4>([2, 3, 3, 2]);
    expectNoLeak(() => spatialMean(x));
    expectNoLeak(() => tf.grad((x) => tf.sum(spatialMean(x as tf.Tensor4D)))(x));
  });
});
