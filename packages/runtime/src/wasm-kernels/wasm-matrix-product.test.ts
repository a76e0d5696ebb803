import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { chooseBackend } from '../choose/choose-backend.js';
import { normal, relativeDifferences } from '../fixtures/on-backend.js';

beforeAll(() => chooseBackend({ prefer: 'wasm', threads: 1 }));

describe('matrix products on wasm', () => {
  // 130 rows are handled in runs of 65, 131 (a prime) one by one
  it.each([
    [5, 7, 3],
    [1, 1, 1],
    [130, 9, 17],
    [131, 8, 5],
  ])('%i × %i × %i, with either factor transposed', async (rows, inner, columns) => {
    const body = (): tf.Tensor[] => {
      const a = normal<tf.Rank.R2>([rows, inner], 1);
      const b = normal<tf.Rank.R2>([inner, columns], 2);
      const c = normal<tf.Rank.R2>([rows, columns], 3);
      return [
        tf.matMul(a, b),
        tf.matMul(a, c, true),
        tf.matMul(c, b, false, true),
        tf.matMul(b, a, true, true),
        ...tf.grads((a, b) => tf.sum(tf.square(tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D))))([a, b]),
      ];
    };
    for (const difference of await relativeDifferences('wasm', 'cpu', body))
      expect(difference).toBeLessThan(3e-6);
  });

  it('of batches and of nothing go to tfjs', async () => {
    const body = (): tf.Tensor[] => [
      tf.matMul(normal<tf.Rank.R3>([2, 3, 4], 1), normal<tf.Rank.R3>([2, 3, 5], 2), true),
      tf.matMul(tf.zeros<tf.Rank.R2>([0, 3]), tf.zeros<tf.Rank.R2>([0, 2]), true),
    ];
    const [batches, nothing] = await relativeDifferences('wasm', 'cpu', body);
    expect(batches).toBeLessThan(3e-6);
    expect(nothing).toBe(0);
  });

  it('rejects factors that do not fit', async () => {
    await tf.setBackend('wasm');
    expect(() => tf.matMul(tf.zeros([2, 3]), tf.zeros([3, 3]), true)).toThrow('must match');
  });
});
