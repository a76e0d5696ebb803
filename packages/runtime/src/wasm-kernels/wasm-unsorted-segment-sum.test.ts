import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { chooseBackend } from '../choose/choose-backend.js';
import { onBackend } from '../fixtures/on-backend.js';

beforeAll(() => chooseBackend({ prefer: 'wasm', threads: 1 }));

it('adds the rows of each segment', async () => {
  const sum = (dtype: 'float32' | 'int32'): tf.Tensor =>
    tf.unsortedSegmentSum(
      tf.tensor2d([1, 2, 3, 4, 5, 6, 7, 8], [4, 2], dtype),
      tf.tensor1d([2, 0, 2, -1], 'int32'),
      4,
    );
  const [floats, whole] = await onBackend('wasm', () => [sum('float32'), sum('int32')]);
  // segment 0: row 1; segment 2: rows 0 and 2; the last row belongs nowhere
  expect(floats).toEqual([3, 4, 0, 0, 6, 8, 0, 0]);
  expect(whole).toEqual(floats);
});

it('is the gradient of gather', async () => {
  const [slope] = await onBackend('wasm', () => [
    tf.grad((x) =>
      tf.sum(
        tf.mul(
          tf.gather(x, tf.tensor1d([2, 0, 2], 'int32')),
          tf.tensor2d([
            [1, 2],
            [3, 4],
            [5, 6],
          ]),
        ),
      ),
    )(tf.zeros([3, 2])),
  ]);
  expect(slope).toEqual([3, 4, 0, 0, 1 + 5, 2 + 6]);
});
