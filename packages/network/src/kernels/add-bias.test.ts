import { expectNoLeak } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { addBias } from './add-bias.js';

const x = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8], [2, 1, 2, 2]);
const bias = tf.tensor1d([10, -1]);

describe('addBias', () => {
  it('adds a number to every pixel of a channel', () => {
    expect([...addBias(x, bias).dataSync()]).toEqual([11, 1, 13, 3, 15, 5, 17, 7]);
  });

  it('has the gradient of a sum: of the bias, over images and pixels', () => {
    const dy = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8], [2, 1, 2, 2]);
    const [dx, dbias] = tf.grads((a, b) => addBias(a as tf.Tensor4D, b as tf.Tensor1D))([x, bias], dy);
    expect([...dx!.dataSync()]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect([...dbias!.dataSync()]).toEqual([1 + 3 + 5 + 7, 2 + 4 + 6 + 8]);
  });

  it('keeps nothing behind and leaves its arguments', () => {
    expectNoLeak(() => addBias(x, bias));
    expectNoLeak(() => tf.grad((b) => tf.sum(addBias(x, b as tf.Tensor1D)))(bias));
    expect(x.isDisposed || bias.isDisposed).toBe(false);
  });
});
