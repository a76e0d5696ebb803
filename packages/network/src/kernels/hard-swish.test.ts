import { activations } from '@dmnn/architecture';
import { expectNoLeak } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { hardSwish } from './hard-swish.js';

describe('hardSwish', () => {
  const xs = [-4, -3, -2.5, -1.5, -0.1, 0, 0.7, 2.9, 3, 5];

  it('has the values of the definition', () => {
    const y = hardSwish(tf.tensor1d(xs)).dataSync();
    // 0 · −3; 0.5 · −2.5 / 6; 1.5 · −1.5 / 6; …
    const expected = [0, 0, -0.208333, -0.375, -0.048333, 0, 0.431667, 2.851667, 3, 5];
    expected.forEach((value, i) => {
      expect(y[i]).toBeCloseTo(value, 5);
    });
  });

  it('has the slope of the table, corners included', () => {
    const dx = tf
      .grad((x: tf.Tensor) => hardSwish(x))(tf.tensor1d(xs), tf.fill([xs.length], 2))
      .dataSync();
    xs.forEach((x, i) => {
      expect(dx[i]).toBeCloseTo(2 * activations['hard-swish'].slope(x), 5);
    });
  });

  it('does not hide NaN, forwards or backwards', () => {
    const x = tf.tensor1d([NaN, 1]);
    expect(hardSwish(x).dataSync()[0]).toBeNaN();
    expect(
      tf
        .grad((x: tf.Tensor) => hardSwish(x))(x)
        .dataSync()[0],
    ).toBeNaN();
  });

  it('keeps nothing behind', () => {
    const x = tf.tensor1d(xs);
    expectNoLeak(() => hardSwish(x));
    expectNoLeak(() => tf.grad((x: tf.Tensor) => tf.sum(hardSwish(x)))(x));
  });
});
