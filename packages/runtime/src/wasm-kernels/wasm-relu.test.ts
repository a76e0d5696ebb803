import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { chooseBackend } from '../choose/choose-backend.js';
import { onBackend } from '../fixtures/on-backend.js';

const x = [-1, 0, 0.5, 6, 7, NaN, -NaN, Infinity, -Infinity];
const dy = [1, 2, 3, 4, 5, 6, 7, 8, 9];
const run = (name: string): tf.Tensor =>
  tf.engine().runKernel(name, { dy: tf.tensor1d(dy), y: tf.tensor1d(x) });

beforeAll(() => chooseBackend({ prefer: 'wasm', threads: 1 }));

describe('ReLU on wasm', () => {
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
