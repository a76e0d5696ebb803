import { expectNoLeak } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { withEitherKernels } from '../fixtures/kernel-sets.js';
import { MovingAverages } from './pass.js';

withEitherKernels(() => {
  let mean: tf.Variable<tf.Rank.R1>;
  let variance: tf.Variable<tf.Rank.R1>;
  beforeEach(() => {
    mean = tf.variable(tf.tensor1d([10, -20, 0]));
    variance = tf.variable(tf.tensor1d([1]));
  });
  afterEach(() => {
    tf.dispose([mean, variance]);
  });

  it('moves a quarter of the way, each by its own factor', () => {
    const averages = new MovingAverages(0.25);
    const result = averages.moveAfter(() => {
      averages.note(mean, tf.tensor1d([2, 4, 8]), 1);
      averages.note(variance, tf.tensor1d([4]), 1.5);
      expect([...mean.dataSync()]).toEqual([10, -20, 0]);
      return 'done';
    });
    expect(result).toBe('done');
    // 0.75 · 10 + 0.25 · 2, 0.75 · −20 + 0.25 · 4, 0.25 · 8
    expect([...mean.dataSync()]).toEqual([8, -14, 2]);
    expect([...variance.dataSync()]).toEqual([2.25]); // 0.75 + 0.25 · 1.5 · 4
  });

  it('keeps the numbers of what its owner frees, and nothing behind', () => {
    const averages = new MovingAverages(1);
    expectNoLeak(() => {
      averages.moveAfter(() => {
        tf.tidy(() => {
          averages.note(mean, tf.tensor1d([1, 2, 3]), 1);
        });
      });
      return [];
    });
    expect([...mean.dataSync()]).toEqual([1, 2, 3]);
  });

  it('moves nothing after a pass that throws, keeps nothing, and forgets its steps', () => {
    const averages = new MovingAverages(1);
    expectNoLeak(() => {
      expect(() => {
        averages.moveAfter(() => {
          tf.tidy(() => {
            averages.note(mean, tf.tensor1d([1, 2, 3]), 1);
            throw new Error('out of memory');
          });
        });
      }).toThrow('out of memory');
      averages.moveAfter(() => undefined);
      return [];
    });
    expect([...mean.dataSync()]).toEqual([10, -20, 0]);
  });

  it('shows NaN', () => {
    const averages = new MovingAverages(0.1);
    averages.moveAfter(() => {
      averages.note(mean, tf.tensor1d([NaN, Infinity, 0]), 1);
    });
    expect([...mean.dataSync()]).toEqual([NaN, Infinity, 0]);
  });

  it('stays off the tape', () => {
    const averages = new MovingAverages(0.5);
    const x = tf.tensor1d([1, 2, 3]);
    const dx = tf.grad((x) =>
      averages.moveAfter(() => {
        averages.note(mean, x as tf.Tensor1D, 1);
        return tf.sum(tf.square(x));
      }),
    )(x);
    expect([...dx.dataSync()]).toEqual([2, 4, 6]);
    expect([...mean.dataSync()]).toEqual([5.5, -9, 1.5]);
  });
});
