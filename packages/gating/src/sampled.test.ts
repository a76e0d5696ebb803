import { expectNoLeak, maxAbsoluteDifference, numericalGradient } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ON } from './choice.js';
import { gumbelNoise } from './gumbel-noise.js';
import { gumbelSoftmax } from './gumbel-softmax.js';
import { likeliest } from './likeliest.js';
import { openingBias } from '@dmnn/foundation';
import { sampled } from './sampled.js';

const keysTo = (count: number) => Array.from({ length: count }, (_, i) => i);

describe('sampled', () => {
  it.each([0.1, 1, 5])(
    'opens gates as often as softmax says at temperature %f (Gumbel-max law)',
    (temperature) => {
      const count = 20_000;
      const rates = [0.88, 0.5, 0.1];
      const opened = tf.tidy(() => {
        const biases = rates.map((rate) => openingBias(rate));
        const logits = tf.tile(tf.tensor3d([biases.map(({ off, on }) => [off, on])]), [count, 1, 1]);
        const gates = sampled({ seed: 3, epoch: 1, temperature })(logits, {
          blockIndex: 2,
          sampleKeys: keysTo(count),
        });
        return tf.mean(gates, 0).dataSync();
      });
      rates.forEach((rate, n) => {
        expect(Math.abs(opened[n]! - rate)).toBeLessThan(4 * Math.sqrt((rate * (1 - rate)) / count));
      });
    },
  );

  it('opens the same gates for an image in any batch', () => {
    const policy = sampled({ seed: 9, epoch: 4 });
    const batching = fc
      .uniqueArray(fc.nat(10_000), { minLength: 1, maxLength: 10 })
      .chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: 1 })));
    fc.assert(
      fc.property(batching, fc.nat(50), ([all, some], blockIndex) => {
        const gatesOf = (sampleKeys: number[]) => {
          // what a controller gives depends on the image only
          const logits = tf.tensor3d(
            sampleKeys.map((key) => [
              [0, Math.sin(key)],
              [0, Math.cos(key)],
              [0.1, 0],
            ]),
          );
          const gates = policy(logits, { blockIndex, sampleKeys });
          const rows = gates.arraySync();
          tf.dispose([logits, gates]);
          return new Map(rows.map((row, b) => [sampleKeys[b]!, row]));
        };
        const together = gatesOf(all);
        for (const [key, row] of gatesOf(some)) expect(row).toEqual(together.get(key));
      }),
      { numRuns: 50 },
    );
  });

  it('draws other gates in another epoch, block or run', () => {
    const logits = tf.zeros<tf.Rank.R3>([64, 4, 2]);
    const gatesOf = (seed: number, epoch: number, blockIndex: number) =>
      sampled({ seed, epoch })(logits, { blockIndex, sampleKeys: keysTo(64) })
        .dataSync()
        .join('');
    const all = [gatesOf(1, 0, 0), gatesOf(2, 0, 0), gatesOf(1, 1, 0), gatesOf(1, 0, 1)];
    expect(new Set(all).size).toBe(4);
    expect(gatesOf(1, 0, 0)).toBe(all[0]);
  });

  it('has the gradient of the relaxed probability of on, by finite differences', () => {
    const at = [0.2, -0.3, 1, 0.4, -0.6, 0.9, 0, 0.1];
    const where = { blockIndex: 1, sampleKeys: [8, 3] };
    const weights = tf.tensor2d([1, -2, 0.5, 3], [2, 2]);
    const noise = gumbelNoise({ seed: 5, epoch: 2, ...where, subBlocks: 2 });
    const policy = sampled({ seed: 5, epoch: 2, temperature: 0.6, noiseScale: 0.5 });

    const relaxed = (x: Float32Array) => {
      const p = gumbelSoftmax(tf.tensor3d(x, [2, 2, 2]), tf.mul(noise, 0.5), 0.6);
      return tf.sum(tf.mul(tf.unstack(p, 2)[ON]!, weights)).dataSync()[0]!;
    };
    const slope = tf.grad((x) => tf.sum(tf.mul(policy(x as tf.Tensor3D, where), weights)))(
      tf.tensor3d(at, [2, 2, 2]),
    );
    expect(maxAbsoluteDifference(slope.dataSync(), numericalGradient(relaxed, at))).toBeLessThan(2e-3);
  });

  it('without noise is likeliest, and still has a gradient', () => {
    const logits = tf.tensor3d([
      [
        [0, 1.2],
        [0.3, -1],
        [2, 2],
      ],
    ]);
    const where = { blockIndex: 0, sampleKeys: [1] };
    const policy = sampled({ seed: 5, epoch: 2, noiseScale: 0 });
    expect(policy(logits, where).arraySync()).toEqual(likeliest(logits, where).arraySync());
    const slope = tf
      .grad((x) => tf.sum(policy(x as tf.Tensor3D, where)))(logits)
      .dataSync();
    // p(1 − p) of p = 1/(1 + e^−1.2) = 0.7685: 0.1779, and the opposite for off
    expect(slope[0]).toBeCloseTo(-0.1779, 4);
    expect(slope[1]).toBeCloseTo(0.1779, 4);
    expect(slope[5]).toBeCloseTo(0.25, 6); // p = 1/2
  });

  it('scales the noise', () => {
    const count = 20_000;
    const logits = tf.tile(tf.tensor3d([[[0, 1]]]), [count, 1, 1]);
    const gates = sampled({ seed: 1, epoch: 0, noiseScale: 0.5 })(logits, {
      blockIndex: 0,
      sampleKeys: keysTo(count),
    });
    const p = 1 / (1 + Math.exp(-2)); // half the noise is twice the log-odds
    expect(Math.abs(tf.mean(gates).dataSync()[0]! - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / count));
  });

  it('shows NaN', () => {
    const gates = sampled({ seed: 1, epoch: 0 })(
      tf.tensor3d([
        [
          [0, NaN],
          [0, 50],
        ],
      ]),
      { blockIndex: 0, sampleKeys: [1] },
    );
    expect([...gates.dataSync()]).toEqual([NaN, 1]);
  });

  it('leaves no tensor, with and without a tape', () => {
    const logits = tf.tensor3d([
      [
        [0, 1.2],
        [0.3, -1],
      ],
    ]);
    const where = { blockIndex: 0, sampleKeys: [1] };
    for (const noiseScale of [0, 0.5, 1]) {
      const policy = sampled({ seed: 5, epoch: 2, noiseScale });
      expectNoLeak(() => policy(logits, where));
      expectNoLeak(() => tf.grad((x) => tf.sum(policy(x as tf.Tensor3D, where)))(logits));
    }
  });

  it('refuses options that are out of range', () => {
    const good = { seed: 1, epoch: 0 };
    expect(() => sampled({ ...good, seed: NaN })).toThrow('seed');
    expect(() => sampled({ ...good, epoch: -1 })).toThrow('epoch');
    expect(() => sampled({ ...good, epoch: NaN })).toThrow('epoch');
    expect(() => sampled({ ...good, temperature: 0 })).toThrow('temperature');
    expect(() => sampled({ ...good, temperature: NaN })).toThrow('temperature');
    for (const noiseScale of [NaN, -1, Infinity]) {
      expect(() => sampled({ ...good, noiseScale })).toThrow(
        `noiseScale: expected a finite number >= 0, got ${noiseScale}`,
      );
    }
    // @ts-expect-error a seed is required: unseeded sampling is not reproducible
    expect(() => sampled({ epoch: 0 })).toThrow('seed');
    // @ts-expect-error an epoch is required: the same noise in every epoch would be a fixed mask
    expect(() => sampled({ seed: 1 })).toThrow('epoch');
  });

  it('refuses logits and keys that do not fit', () => {
    const policy = sampled({ seed: 1, epoch: 0 });
    const where = { blockIndex: 0, sampleKeys: [1] };
    expect(() => policy(tf.zeros([2, 2, 2]), where)).toThrow(
      expect.objectContaining({ code: 'DMNN_GATING' }),
    );
    expect(() => policy(tf.zeros([2, 2, 2]), where)).toThrow(
      'sampleKeys: expected 2 keys, one for each image of the batch, got 1',
    );
    expect(() => policy(tf.zeros([1, 2, 3]), where)).toThrow('logits: expected [B, N, 2]');
    expect(() => policy(tf.zeros<tf.Rank>([1, 2]) as tf.Tensor3D, where)).toThrow(
      expect.objectContaining({ code: 'DMNN_GATING' }),
    );
    expect(() => policy(tf.zeros([1, 2, 2]), { blockIndex: NaN, sampleKeys: [1] })).toThrow('blockIndex');
  });
});
