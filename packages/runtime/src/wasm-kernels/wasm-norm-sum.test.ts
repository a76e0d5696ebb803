import { registerReferenceKernels } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { chooseBackend } from '../choose/choose-backend.js';
import { describeNormSum } from '../fixtures/describe-norm-sum.js';
import { normSumCases, normSumNumbers, runNormSum } from '../fixtures/norm-sum-case.js';
import { onBackend } from '../fixtures/on-backend.js';
import type { WasmBackend } from '../backend/wasm-backend.js';
import { wasmPool } from './wasm-pool.js';

let unregister: () => void;
beforeAll(async () => {
  unregister = registerReferenceKernels();
  await chooseBackend({ prefer: 'wasm', threads: 2 });
});
afterAll(() => {
  unregister();
});

describeNormSum('wasm');

it('gives the same sums to the last bit on one thread and on several', async () => {
  await tf.setBackend('wasm');
  const pool = wasmPool(tf.backend() as WasmBackend) as { threads: number };
  expect(pool.threads).toBe(2);
  for (const of of fc.sample(normSumCases, { seed: 6, numRuns: 20 })) {
    const numbers = normSumNumbers(of);
    const several = await onBackend('wasm', () => runNormSum(of, numbers));
    pool.threads = 1;
    const one = await onBackend('wasm', () => runNormSum(of, numbers));
    pool.threads = 2;
    expect(several).toEqual(one);
  }
});
