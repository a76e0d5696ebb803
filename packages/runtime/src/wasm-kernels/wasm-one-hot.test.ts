import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { chooseBackend } from '../choose/choose-backend.js';
import { onBackend } from '../fixtures/on-backend.js';

beforeAll(() => chooseBackend({ prefer: 'wasm', threads: 1 }));

it.each(['float32', 'int32', 'bool'] as const)('gives ones that are one, as %s', async (dtype) => {
  const body = (): tf.Tensor[] => [tf.oneHot(tf.tensor1d([2, 0, 5], 'int32'), 3, 1, 0, dtype)];
  expect(await onBackend('wasm', body)).toEqual([[0, 0, 1, 1, 0, 0, 0, 0, 0]]);
});
