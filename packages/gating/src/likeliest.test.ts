import { expectNoLeak } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { likeliest } from './likeliest.js';

const where = { blockIndex: 0, sampleKeys: [1] };

describe('likeliest', () => {
  it('opens where the on-logit is larger; equal logits close', () => {
    const logits = tf.tensor3d([
      [
        [0, 1.2],
        [0.3, -1],
        [2, 2],
        [-3, -2.999],
        [-Infinity, 0],
        [0, -Infinity],
      ],
    ]);
    expect([...likeliest(logits, where).dataSync()]).toEqual([1, 0, 0, 1, 1, 0]);
  });

  it('has no gradient on a tape, and does not disturb the gradient of the rest of a loss', () => {
    const logits = tf.tensor3d([
      [
        [0, 1.2],
        [0.3, -1],
      ],
    ]);
    const loss = (x: tf.Tensor) => tf.add(tf.sum(likeliest(x as tf.Tensor3D, where)), tf.sum(tf.mul(x, 3)));
    expect(tf.grad(loss)(logits).dataSync()).toEqual(new Float32Array(4).fill(3));
  });

  it('shows NaN', () => {
    expect([
      ...likeliest(
        tf.tensor3d([
          [
            [NaN, 1],
            [0, 1],
          ],
        ]),
        where,
      ).dataSync(),
    ]).toEqual([NaN, 1]);
  });

  it('leaves no tensor, with and without a tape', () => {
    const logits = tf.tensor3d([
      [
        [0, 1.2],
        [0.3, -1],
      ],
    ]);
    expectNoLeak(() => likeliest(logits, where));
    expectNoLeak(() => tf.grad((x) => tf.sum(likeliest(x as tf.Tensor3D, where)))(logits));
  });

  it('refuses logits and keys that do not fit', () => {
    expect(() => likeliest(tf.zeros([2, 2, 2]), where)).toThrow(
      expect.objectContaining({ code: 'DMNN_GATING' }),
    );
    expect(() => likeliest(tf.zeros([1, 2, 3]), where)).toThrow(
      expect.objectContaining({ code: 'DMNN_GATING' }),
    );
  });
});
