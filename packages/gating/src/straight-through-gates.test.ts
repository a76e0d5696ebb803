import { expectNoLeak } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { straightThroughGates } from './straight-through-gates.js';

describe('straightThroughGates', () => {
  it('is 1 where on is more likely; equal probabilities close', () => {
    const gates = straightThroughGates(
      tf.tensor3d([
        [
          [0.3, 0.7],
          [0.9, 0.1],
        ],
        [
          [0.5, 0.5],
          [0.49, 0.51],
        ],
      ]),
    );
    expect(gates.arraySync()).toEqual([
      [1, 0],
      [0, 1],
    ]);
    expect(gates.dtype).toBe('float32');
  });

  it('has the gradient of p(on), and none for p(off)', () => {
    const slope = tf.grad((p) =>
      tf.sum(tf.mul(straightThroughGates(p as tf.Tensor3D), tf.tensor2d([[2, -3]]))),
    );
    expect(
      slope(
        tf.tensor3d([
          [
            [0.3, 0.7],
            [0.9, 0.1],
          ],
        ]),
      ).arraySync(),
    ).toEqual([
      [
        [0, 2],
        [0, -3],
      ],
    ]);
  });

  it('leaves no tensor', () => {
    const p = tf.tensor3d([[[0.2, 0.8]]]);
    expectNoLeak(() => straightThroughGates(p));
    expectNoLeak(() => tf.grad((x) => tf.sum(straightThroughGates(x as tf.Tensor3D)))(p));
  });

  it('refuses what is not (off, on)', () => {
    expect(() => straightThroughGates(tf.zeros([1, 2, 3]))).toThrow(
      expect.objectContaining({ code: 'DMNN_GATING' }),
    );
    expect(() => straightThroughGates(tf.zeros([1, 2, 3]))).toThrow(
      'got [1, 2, 3]. For more than two choices',
    );
    expect(() => straightThroughGates(tf.zeros<tf.Rank>([1, 2]) as tf.Tensor3D)).toThrow(
      expect.objectContaining({ code: 'DMNN_GATING' }),
    );
  });
});
