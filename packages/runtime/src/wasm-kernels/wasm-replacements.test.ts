import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { chooseBackend } from '../choose/choose-backend.js';
import { normal, onBackend, relativeDifferences } from '../fixtures/on-backend.js';

beforeAll(() => chooseBackend({ prefer: 'wasm', threads: 1 }));

describe('identities on wasm', () => {
  it('shares the numbers, which live as long as any of their tensors', () => {
    const before = tf.memory();
    const x = tf.tensor1d([1, 2, 3]);
    const same = tf.clone(x);
    expect(same.dataId).toBe(x.dataId);
    expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers + 1);
    x.dispose();
    expect(Array.from(same.dataSync())).toEqual([1, 2, 3]);
    same.dispose();
    expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers);
    expect(tf.memory().numTensors).toBe(before.numTensors);
  });

  it('outlives a variable that gets another value', () => {
    const variable = tf.variable(tf.tensor1d([1, 2]));
    const kept = tf.clone(variable);
    variable.assign(tf.tensor1d([3, 4]));
    expect(Array.from(kept.dataSync())).toEqual([1, 2]);
  });
});

type Four = [number, number, number, number];
describe('slices on wasm', () => {
  it.each<[Four, Four]>([
    [
      [0, 1, 2, 0],
      [3, 2, 2, 5],
    ], // a window of every image: our kernel
    [
      [1, 0, 0, 0],
      [2, 4, 5, 5],
    ], // whole images
    [
      [2, 3, 4, 0],
      [1, 1, 1, 5],
    ],
    [
      [0, 0, 1, 2],
      [3, 4, 3, 2],
    ], // a part of the channels: tfjs's own
    [
      [1, 1, 1, 0],
      [-1, -1, -1, -1],
    ],
    [
      [0, 0, 0, 0],
      [0, 4, 5, 5],
    ], // nothing
  ])('from %j of size %j', async (begin, size) => {
    const body = (): tf.Tensor[] => [tf.slice4d(tf.reshape(tf.range(0, 300), [3, 4, 5, 5]), begin, size)];
    expect(await onBackend('wasm', body)).toEqual(await onBackend('cpu', body));
  });

  it('of whole numbers and of other ranks', async () => {
    const body = (): tf.Tensor[] => [
      tf.slice(tf.reshape(tf.range(0, 24, 1, 'int32'), [2, 3, 2, 2]), [0, 1, 0, 0], [2, 2, 2, 2]),
      tf.slice(tf.tensor1d([1, 2, 3]), 1, 2),
    ];
    expect(await onBackend('wasm', body)).toEqual([
      [4, 5, 6, 7, 8, 9, 10, 11, 16, 17, 18, 19, 20, 21, 22, 23],
      [2, 3],
    ]);
  });

  it('rejects what lies outside', async () => {
    await tf.setBackend('wasm');
    expect(() => tf.slice4d(tf.zeros([1, 2, 2, 1]), [0, 1, 0, 0], [1, 2, 2, 1])).toThrow();
  });
});

describe('one-hot vectors on wasm', () => {
  it.each(['float32', 'int32', 'bool'] as const)('gives ones that are one, as %s', async (dtype) => {
    const body = (): tf.Tensor[] => [tf.oneHot(tf.tensor1d([2, 0, 5], 'int32'), 3, 1, 0, dtype)];
    expect(await onBackend('wasm', body)).toEqual([[0, 0, 1, 1, 0, 0, 0, 0, 0]]);
  });
});

describe('ReLU on wasm', () => {
  const x = [-1, 0, 0.5, 6, 7, NaN, -NaN, Infinity, -Infinity];
  const dy = [1, 2, 3, 4, 5, 6, 7, 8, 9];
  const run = (name: string): tf.Tensor =>
    tf.engine().runKernel(name, { dy: tf.tensor1d(dy), y: tf.tensor1d(x) });

  it('clips, and shows NaN', async () => {
    const [relu, relu6] = await onBackend('wasm', () => [tf.relu(tf.tensor1d(x)), tf.relu6(tf.tensor1d(x))]);
    expect(relu).toEqual([0, 0, 0.5, 6, 7, NaN, NaN, Infinity, 0]);
    expect(relu6).toEqual([0, 0, 0.5, 6, 6, NaN, NaN, 6, 0]);
  });

  it('passes the gradient where it is open', async () => {
    const [relu, relu6] = await onBackend('wasm', () => [run('DmnnReluGrad'), run('DmnnRelu6Grad')]);
    expect(relu).toEqual([0, 0, 3, 4, 5, 0, 0, 8, 0]);
    expect(relu6).toEqual([0, 0, 3, 0, 0, 0, 0, 0, 0]);
  });
});

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
