import { expectNoLeak, registerReferenceKernels } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sumsOfSquares } from './sums-of-squares.js';

describe.each([
  ['composed', () => () => undefined],
  ['with the kernel', registerReferenceKernels],
])('sumsOfSquares, %s', (_, register) => {
  let unregister: () => void;
  beforeAll(() => {
    unregister = register();
  });
  afterAll(() => {
    unregister();
  });

  it('is one number for each tensor, of any shape', () => {
    const tensors = [tf.tensor2d([[1, 2], [3, 4]]), tf.scalar(-5), tf.zeros([3, 1, 2]), tf.zeros([0])]; // prettier-ignore
    expect([...sumsOfSquares(tensors).dataSync()]).toEqual([30, 25, 0, 0]);
    expect(sumsOfSquares([]).shape).toEqual([0]);
  });

  it('shows NaN and infinities', () => {
    const tensors = [tf.tensor1d([1, NaN]), tf.tensor1d([-Infinity, 2])];
    expect([...sumsOfSquares(tensors).dataSync()]).toEqual([NaN, Infinity]);
  });

  it('leaves its arguments, and nothing else', () => {
    const tensors = [tf.tensor1d([1, 2]), tf.scalar(3)];
    expectNoLeak(() => sumsOfSquares(tensors));
    expect(tensors.some(({ isDisposed }) => isDisposed)).toBe(false);
  });
});
