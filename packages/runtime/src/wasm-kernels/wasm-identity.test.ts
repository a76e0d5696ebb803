import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { chooseBackend } from '../choose/choose-backend.js';

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
