import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { customGradient } from './custom-gradient.js';

/** x², whose gradient notes what it was given. */
function square(x: tf.Tensor, seen: tf.Tensor[] = []): tf.Tensor {
  return customGradient([x], ([x], save) => {
    save([x]);
    return {
      value: tf.square(x),
      gradFunc: (dy, saved) => {
        seen.push(dy, ...saved);
        return [tf.mul(dy, tf.mul(saved[0]!, 2))];
      },
    };
  });
}

const shape = [1, 1, 1, 2] as [number, number, number, number];

describe('customGradient', () => {
  it('gives the gradient that is written out', () => {
    const dx = tf.grad((x) => tf.sum(square(x)))(tf.tensor1d([3, -1]));
    expect([...dx.dataSync()]).toEqual([6, -2]);
  });

  it('frees the gradient of a map and what was saved as soon as they were used', () => {
    const seen: tf.Tensor[] = [];
    let during: boolean[] = [];
    const watch = (x: tf.Tensor) =>
      customGradient([x], ([x]) => ({
        value: tf.clone(x),
        gradFunc: (dy) => {
          during = seen.map((tensor) => tensor.isDisposed);
          return [dy];
        },
      }));
    const x = tf.tensor4d([3, -1], shape);
    const dx = tf.grad((x) => tf.sum(square(watch(x), seen)))(x);
    // when the operation before it runs backwards, upstream gradient and saved tensor are gone
    expect(during).toEqual([true, true]);
    expect([...dx.dataSync()]).toEqual([6, -2]);
    expect(x.isDisposed).toBe(false);
  });

  it('leaves the gradient of anything else: its owner may hold it', () => {
    const upstream = tf.tensor1d([1, 10]);
    const dx = tf.grad((x) => square(x))(tf.tensor1d([3, -1]), upstream);
    expect([...dx.dataSync()]).toEqual([6, -20]);
    expect(upstream.isDisposed).toBe(false);
  });

  it('frees nothing while a gradient of the gradient may come', () => {
    // (x²)'' = 2
    const second = tf.grad((x) => tf.sum(tf.grad((x) => tf.sum(square(x)))(x)))(tf.tensor4d([3, -1], shape));
    expect([...second.dataSync()]).toEqual([2, 2]);
  });
});
