import { expectNoLeak } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { straightThroughRound } from './straight-through-round.js';

describe('straightThroughRound', () => {
  it('opens above one half and keeps NaN', () => {
    const gates = straightThroughRound(tf.tensor2d([[0, 0.5, 0.5000001, 1, NaN]]));
    expect([...gates.dataSync()]).toEqual([0, 0, 1, 1, NaN]);
  });

  it('passes the gradient unchanged', () => {
    const slope = tf.grad((p) =>
      tf.sum(tf.mul(straightThroughRound(p as tf.Tensor2D), tf.tensor2d([[2, -3]]))),
    );
    expect(slope(tf.tensor2d([[0.9, 0.1]])).arraySync()).toEqual([[2, -3]]);
  });

  it('leaves no tensor', () => {
    const p = tf.tensor2d([[0.2, 0.8]]);
    expectNoLeak(() => straightThroughRound(p));
    expectNoLeak(() => tf.grad((x) => tf.sum(straightThroughRound(x as tf.Tensor2D)))(p));
  });
});
