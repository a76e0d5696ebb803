import { expectNoLeak, maxAbsoluteDifference, numericalGradient } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { executionRates } from './execution-rates.js';
import reference from './fixtures/resource-losses.json' with { type: 'json' };

describe('executionRates (Eq. 11)', () => {
  it('counts executed sub-blocks over sub-blocks times images', () => {
    // k = 2, 1, 0 of 3 images and 2 of 3: 3/9 and 2/3
    const gates = [
      tf.tensor2d([
        [1, 0, 0],
        [1, 1, 0],
        [0, 0, 0],
      ]),
      tf.tensor2d([[1], [1], [0]]),
    ];
    const rates = executionRates(gates);
    expect(rates.shape).toEqual([2]);
    expect(rates.dataSync()[0]).toBeCloseTo(1 / 3, 6);
    expect(rates.dataSync()[1]).toBeCloseTo(2 / 3, 6);
  });

  it('agrees with PyTorch', () => {
    const rates = executionRates(reference.gates.map((g) => tf.tensor2d(g)));
    expect(maxAbsoluteDifference(rates.dataSync(), reference.executionRates)).toBeLessThan(1e-7);
  });

  it('is exact for large batches', () => {
    const gates = tf.tensor2d(Array.from({ length: 4096 }, (_, b) => [b % 2, 1]));
    expect(executionRates([gates]).dataSync()[0]).toBe(0.75);
  });

  it('has the gradient of finite differences', () => {
    const at = [1, 0, 0, 1, 1, 1];
    const weights = tf.tensor1d([2, -3]);
    const loss = (a: tf.Tensor, b: tf.Tensor) =>
      tf.sum<tf.Scalar>(tf.mul(executionRates([a as tf.Tensor2D, b as tf.Tensor2D]), weights));
    const make = (x: ArrayLike<number>): [tf.Tensor, tf.Tensor] => [
      tf.tensor2d(Array.from(x).slice(0, 4), [2, 2]),
      tf.tensor2d(Array.from(x).slice(4), [2, 1]),
    ];
    const slopes = tf
      .grads(loss)(make(at))
      .flatMap((slope) => [...slope.dataSync()]);
    const differences = numericalGradient((x) => loss(...make(x)).dataSync()[0]!, at);
    expect(maxAbsoluteDifference(slopes, differences)).toBeLessThan(1e-4);
  });

  it('leaves no tensor', () => {
    const gates = [tf.tensor2d([[1, 0]]), tf.tensor2d([[1]])];
    expectNoLeak(() => executionRates(gates));
  });

  it('refuses gates of no block, of several batches or of another rank', () => {
    expect(() => executionRates([])).toThrow('got no block');
    expect(() => executionRates([tf.zeros([2, 2]), tf.zeros([3, 2])])).toThrow(
      expect.objectContaining({ code: 'DMNN_LOSS' }),
    );
    expect(() => executionRates([tf.zeros([2, 2]), tf.zeros([3, 2])])).toThrow('got [2, 2] [3, 2]');
    expect(() => executionRates([tf.zeros<tf.Rank>([2]) as tf.Tensor2D])).toThrow(
      expect.objectContaining({ code: 'DMNN_LOSS' }),
    );
    expect(() => executionRates([tf.zeros([0, 2])])).toThrow(expect.objectContaining({ code: 'DMNN_LOSS' }));
  });
});
