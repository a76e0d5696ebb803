import { expectNoLeak, maxAbsoluteDifference } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import pytorch from './fixtures/gumbel-softmax.json' with { type: 'json' };
import { gumbelNoise } from './gumbel-noise.js';
import { gumbelSoftmax } from './gumbel-softmax.js';
import { straightThroughArgMax } from './straight-through-arg-max.js';

describe('straightThroughArgMax', () => {
  it('takes the largest, and the first of equal values', () => {
    const choice = straightThroughArgMax(
      tf.tensor3d([
        [
          [0.2, 0.7, 0.1],
          [0.4, 0.2, 0.4],
          [0.1, 0.1, 0.8],
        ],
      ]),
    );
    expect(choice.arraySync()).toEqual([
      [
        [0, 1, 0],
        [1, 0, 0],
        [0, 0, 1],
      ],
    ]);
  });

  it('passes the gradient unchanged', () => {
    const weights = tf.tensor3d([[[3, -1, 0.5]]]);
    const slope = tf.grad((p) => tf.sum(tf.mul(straightThroughArgMax(p as tf.Tensor3D), weights)));
    expect(slope(tf.tensor3d([[[0.2, 0.7, 0.1]]])).arraySync()).toEqual([[[3, -1, 0.5]]]);
  });

  it.each(pytorch.cases)('agrees with the hard samples of PyTorch, shape $shape', (reference) => {
    const [logits, noise, weights] = [reference.logits, reference.noise, reference.weights].map((v) =>
      tf.tensor3d(v, reference.shape as [number, number, number]),
    ) as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D];
    const hard = (x: tf.Tensor) =>
      straightThroughArgMax(gumbelSoftmax(x as tf.Tensor3D, noise, reference.temperature));
    const slope = tf.grad((x) => tf.sum(tf.mul(hard(x), weights)))(logits);
    expect(maxAbsoluteDifference(hard(logits).dataSync(), reference.hard)).toBeLessThan(1e-6); // PyTorch's are 1 − 6e-8 at times
    expect(maxAbsoluteDifference(slope.dataSync(), reference.hardGradient)).toBeLessThan(5e-6);
  });

  it('chooses each of k as often as softmax says, at any temperature (Gumbel-max law)', () => {
    const count = 20_000;
    const logits = [0.5, -1, 0, 1.5, 0.2];
    const total = logits.reduce((sum, x) => sum + Math.exp(x), 0);
    const sampleKeys = Array.from({ length: count }, (_, i) => i);
    const rates = tf.tidy(() => {
      const noise = gumbelNoise({ seed: 1, epoch: 0, blockIndex: 0, sampleKeys, subBlocks: 1, choices: 5 });
      const all = tf.tile(tf.tensor3d([[logits]]), [count, 1, 1]);
      return tf.mean(straightThroughArgMax(gumbelSoftmax(all, noise, 0.3)), [0, 1]).dataSync();
    });
    logits.forEach((x, k) => {
      const p = Math.exp(x) / total;
      expect(Math.abs(rates[k]! - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / count));
    });
  });

  it('shows NaN', () => {
    const values = straightThroughArgMax(
      tf.tensor3d([
        [
          [NaN, NaN],
          [0, 1],
        ],
      ]),
    ).dataSync();
    expect([...values]).toEqual([NaN, NaN, 0, 1]);
  });

  it('leaves no tensor, with and without a tape', () => {
    const p = tf.tensor3d([[[0.2, 0.8]]]);
    expectNoLeak(() => straightThroughArgMax(p));
    expectNoLeak(() => tf.grad((x) => tf.sum(straightThroughArgMax(x as tf.Tensor3D)))(p));
    expect(p.isDisposed).toBe(false);
  });

  it('refuses other ranks', () => {
    expect(() => straightThroughArgMax(tf.zeros<tf.Rank>([2, 2]) as tf.Tensor3D)).toThrow(
      expect.objectContaining({ code: 'DMNN_GATING' }),
    );
  });
});
