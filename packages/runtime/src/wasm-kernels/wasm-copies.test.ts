import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { chooseBackend } from '../choose/choose-backend.js';
import { onBackend } from '../fixtures/on-backend.js';

beforeAll(() => chooseBackend({ prefer: 'wasm', threads: 1 }));

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

type Four = [number, number, number, number];
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

it.each(['float32', 'int32', 'bool'] as const)('gives ones that are one, as %s', async (dtype) => {
  const body = (): tf.Tensor[] => [tf.oneHot(tf.tensor1d([2, 0, 5], 'int32'), 3, 1, 0, dtype)];
  expect(await onBackend('wasm', body)).toEqual([[0, 0, 1, 1, 0, 0, 0, 0, 0]]);
});
