import { expectNoLeak, maxAbsoluteDifference, numericalGradient } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import pytorch from './fixtures/gumbel-softmax.json' with { type: 'json' };
import { gumbelSoftmax } from './gumbel-softmax.js';

const tensor = (values: readonly number[], shape: readonly number[]) =>
  tf.tensor3d([...values], shape as [number, number, number]);

describe('gumbelSoftmax', () => {
  it('moves the odds as Eq. 8 says', () => {
    const p = gumbelSoftmax(tf.tensor3d([[[0, 1.2]]]), tf.tensor3d([[[0.3, -0.1]]]), 0.5);
    // two-way softmax = logistic of the difference: (1.2 − 0 − 0.1 − 0.3) / 0.5 = 1.6
    expect(p.dataSync()[1]).toBeCloseTo(1 / (1 + Math.exp(-1.6)), 6);
    expect(p.dataSync()[0]).toBeCloseTo(1 / (1 + Math.exp(1.6)), 6);
  });

  it.each(pytorch.cases)('agrees with PyTorch, shape $shape, temperature $temperature', (reference) => {
    const { shape, temperature } = reference;
    const [logits, noise, weights] = [reference.logits, reference.noise, reference.weights].map((v) =>
      tensor(v, shape),
    ) as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D];
    const gradient = tf.grad((x) =>
      tf.sum(tf.mul(gumbelSoftmax(x as tf.Tensor3D, noise, temperature), weights)),
    );
    const soft = gumbelSoftmax(logits, noise, temperature).dataSync();
    // float32 at logits near 10: a few ulp of 1e-6 in the exponent
    expect(maxAbsoluteDifference(soft, reference.soft)).toBeLessThan(2e-6);
    expect(maxAbsoluteDifference(gradient(logits).dataSync(), reference.softGradient)).toBeLessThan(5e-6);
  });

  it('has the gradient of finite differences, for logits and for noise', () => {
    const shape: [number, number, number] = [2, 2, 3];
    const logits = [0.3, -1, 0.5, 2, 0, 0.1, -0.4, 1, 1.5, 0.2, 0.7, -2];
    const noise = [0.1, 0.9, -0.5, 0, 1, 2, 0.3, -0.8, 0.4, 1.1, 0, 0.6];
    const weights = tensor([1, -2, 0.5, 3, 1, -1, 2, 0, 1, -1, 1, 4], shape);
    const value = (x: tf.Tensor3D, y: tf.Tensor3D) =>
      tf.sum<tf.Scalar>(tf.mul(gumbelSoftmax(x, y, 0.7), weights));
    const [byLogits, byNoise] = tf.grads((x: tf.Tensor, y: tf.Tensor) =>
      value(x as tf.Tensor3D, y as tf.Tensor3D),
    )([tensor(logits, shape), tensor(noise, shape)]) as [tf.Tensor, tf.Tensor];
    const differences = numericalGradient(
      (x) => value(tensor(Array.from(x), shape), tensor(noise, shape)).dataSync()[0]!,
      logits,
    );
    expect(maxAbsoluteDifference(byLogits.dataSync(), differences)).toBeLessThan(2e-3);
    expect(maxAbsoluteDifference(byNoise.dataSync(), byLogits.dataSync())).toBe(0); // logits and noise only ever add
  });

  it.each([1e-30, 2 ** -126, 1e-3, 1, 1e4, 1e30])('stays finite at temperature %f', (temperature) => {
    const logits = tf.tensor3d([
      [
        [0, 1e4],
        [-3e38, 3e37],
        [5, 5],
      ],
    ]);
    const zeros = tf.zerosLike(logits);
    const p = gumbelSoftmax(logits, zeros, temperature);
    const slope = tf.grad((x) =>
      tf.sum(tf.slice(gumbelSoftmax(x as tf.Tensor3D, zeros, temperature), [0, 0, 1])),
    )(logits);
    expect([...p.dataSync()].every((v) => v >= 0 && v <= 1)).toBe(true);
    expect(tf.sum(p, 2).dataSync()).toEqual(new Float32Array([1, 1, 1]));
    expect([...slope.dataSync()].some(Number.isNaN)).toBe(false);
  });

  it('tends to one-hot as the temperature falls, to even chances as it rises', () => {
    const logits = tf.tensor3d([[[0, 1]]]);
    const at = (temperature: number) =>
      gumbelSoftmax(logits, tf.zerosLike(logits), temperature).dataSync()[1]!;
    expect(at(0.01)).toBe(1);
    expect(at(100)).toBeCloseTo(1 / (1 + Math.exp(-0.01)), 6);
  });

  it('leaves no tensor, with and without a tape', () => {
    const logits = tf.tensor3d([
      [
        [0, 1],
        [2, 1],
      ],
    ]);
    const noise = tf.zerosLike(logits);
    expectNoLeak(() => gumbelSoftmax(logits, noise, 1));
    expectNoLeak(() => tf.grad((x) => tf.sum(tf.square(gumbelSoftmax(x as tf.Tensor3D, noise, 1))))(logits));
  });

  it('shows NaN', () => {
    const logits = tf.tensor3d([[[NaN, 1]]]);
    expect([...gumbelSoftmax(logits, tf.zerosLike(logits), 1).dataSync()].every(Number.isNaN)).toBe(true);
  });

  it.each([0, -1, NaN, Infinity, 1e-40])('refuses temperature %f', (temperature) => {
    const x = tf.zeros<tf.Rank.R3>([1, 1, 2]);
    expect(() => gumbelSoftmax(x, x, temperature)).toThrow(RangeError);
    expect(() => gumbelSoftmax(x, x, temperature)).toThrow(`temperature: expected a finite number > 0`);
  });

  it('refuses shapes that differ, and other ranks', () => {
    const [x, y] = [tf.zeros<tf.Rank.R3>([1, 3, 2]), tf.zeros<tf.Rank.R3>([1, 2, 2])];
    expect(() => gumbelSoftmax(x, y, 1)).toThrow(expect.objectContaining({ code: 'DMNN_GATING' }));
    expect(() => gumbelSoftmax(x, y, 1)).toThrow('got logits [1, 3, 2] and noise [1, 2, 2]');
    const flat = tf.zeros<tf.Rank>([3, 2]) as tf.Tensor3D;
    expect(() => gumbelSoftmax(flat, flat, 1)).toThrow(expect.objectContaining({ code: 'DMNN_GATING' }));
  });
});
