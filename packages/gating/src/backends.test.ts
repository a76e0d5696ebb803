import { maxAbsoluteDifference } from '@dmnn/test-kit';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, it } from 'vitest';
import { binaryConcrete } from './binary-concrete.js';
import type { GatePolicy } from './gate-policy.js';
import { gumbelNoise } from './gumbel-noise.js';
import { gumbelSoftmax } from './gumbel-softmax.js';
import { likeliest } from './likeliest.js';
import { logisticNoise } from './logistic-noise.js';
import { sampled } from './sampled.js';
import { scripted } from './scripted.js';
import { straightThroughArgMax } from './straight-through-arg-max.js';
import { straightThroughRound } from './straight-through-round.js';
import { thresholded } from './thresholded.js';

const SAMPLES = 40;
const at = { blockIndex: 1, sampleKeys: Array.from({ length: SAMPLES }, (_, i) => 3 * i) };
const key = { seed: 5, epoch: 1, ...at, subBlocks: 3 };
const logits = (size: number) => Array.from({ length: SAMPLES * 3 * size }, (_, i) => 3 * Math.sin(i));

/** Values and gradient of a function of `[SAMPLES, 3, size]` logits, as plain numbers. */
async function on(backend: string, size: number, f: (x: tf.Tensor3D) => tf.Tensor): Promise<number[]> {
  await tf.setBackend(backend);
  expect(tf.getBackend()).toBe(backend);
  return tf.tidy(() => {
    const x = tf.tensor3d(logits(size), [SAMPLES, 3, size]);
    const slope = tf.grad((y) => {
      const result = f(y as tf.Tensor3D);
      return tf.sum(tf.mul(result, tf.reshape(tf.range(1, result.size + 1), result.shape)));
    })(x);
    return [...f(x).dataSync(), ...slope.dataSync()];
  });
}

const policies: Record<string, GatePolicy> = {
  sampled: sampled({ seed: 5, epoch: 1 }),
  'sampled without noise': sampled({ seed: 5, epoch: 1, noiseScale: 0 }),
  likeliest,
  thresholded: thresholded({ threshold: 0.3 }),
  'thresholded at 0': thresholded({ threshold: 0 }),
  scripted: scripted((_, sampleKey) => [sampleKey % 2 === 0, true, false]),
};

describe('the wasm backend agrees with the cpu backend', () => {
  afterAll(() => tf.setBackend('cpu'));

  it.each(Object.entries(policies))('in the gates and gradients of %s', async (name, policy) => {
    const f = (x: tf.Tensor3D) => (name === 'scripted' ? tf.add(policy(x, at), tf.sum(x)) : policy(x, at));
    const [cpu, wasm] = [await on('cpu', 2, f), await on('wasm', 2, f)];
    expect(maxAbsoluteDifference(wasm, cpu)).toBeLessThan(1e-3); // gradients up to 120
    expect(wasm.slice(0, SAMPLES * 3).map(Math.round)).toEqual(cpu.slice(0, SAMPLES * 3).map(Math.round));
  });

  it('in the choice among five', async () => {
    const f = (x: tf.Tensor3D) =>
      straightThroughArgMax(gumbelSoftmax(x, gumbelNoise({ ...key, choices: 5 }), 0.7));
    const [cpu, wasm] = [await on('cpu', 5, f), await on('wasm', 5, f)];
    expect(wasm.slice(0, SAMPLES * 15)).toEqual(cpu.slice(0, SAMPLES * 15));
    expect(maxAbsoluteDifference(wasm, cpu)).toBeLessThan(1e-3);
  });

  it('in the binary form', async () => {
    const f = (x: tf.Tensor3D) =>
      straightThroughRound(binaryConcrete(tf.squeeze(x, [2]), logisticNoise(key), 0.7));
    const [cpu, wasm] = [await on('cpu', 1, f), await on('wasm', 1, f)];
    expect(wasm.slice(0, SAMPLES * 3)).toEqual(cpu.slice(0, SAMPLES * 3));
    expect(maxAbsoluteDifference(wasm, cpu)).toBeLessThan(1e-3);
  });

  it('in showing NaN', async () => {
    await tf.setBackend('wasm');
    const x = tf.tensor3d([
      [
        [NaN, 1],
        [0, NaN],
        [0, 9],
      ],
    ]);
    for (const policy of [
      sampled({ seed: 5, epoch: 1, noiseScale: 0 }),
      likeliest,
      thresholded({ threshold: 0 }),
    ]) {
      expect([...policy(x, { blockIndex: 0, sampleKeys: [0] }).dataSync()]).toEqual([NaN, NaN, 1]);
    }
  });
});
