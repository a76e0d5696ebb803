import { expectNoLeak } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gumbelNoise } from './gumbel-noise.js';
import type { NoiseKey } from './noise-key.js';
import { uniformAt } from './uniform-at.js';

const KEY = { seed: 7, epoch: 2, blockIndex: 3, sampleKeys: [41, 12, 990], subBlocks: 4 } as const;

function valuesOf(key: NoiseKey): number[] {
  const noise = gumbelNoise(key);
  const values = Array.from(noise.dataSync());
  noise.dispose();
  return values;
}

/** 20,000 draws: 2,500 samples of 4 sub-blocks and 2 choices. */
const draws = () => valuesOf({ ...KEY, sampleKeys: Array.from({ length: 2500 }, (_, i) => i) });

describe('gumbelNoise', () => {
  it('is −log(−log u) of the documented counters, rounded to float32', () => {
    fc.assert(
      fc.property(fc.nat(2), fc.nat(3), fc.nat(4), (b, n, k) => {
        const noise = gumbelNoise({ ...KEY, choices: 5 });
        expect(noise.shape).toEqual([3, 4, 5]);
        const u = uniformAt(7, 2, KEY.sampleKeys[b]!, 3, n + 65536 * k);
        expect(noise.arraySync()[b]![n]![k]).toBe(Math.fround(-Math.log(-Math.log(u))));
        noise.dispose();
      }),
    );
  });

  it('gives a sample the same noise in any batch', () => {
    const keys = fc.uniqueArray(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { minLength: 1, maxLength: 12 });
    const batching = keys.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: 1 })),
    );
    fc.assert(
      fc.property(batching, fc.integer({ min: 1, max: 5 }), ([all, some], subBlocks) => {
        const together = valuesOf({ ...KEY, sampleKeys: all, subBlocks });
        const apart = valuesOf({ ...KEY, sampleKeys: some, subBlocks });
        const row = 2 * subBlocks;
        some.forEach((key, b) => {
          const i = all.indexOf(key);
          expect(apart.slice(b * row, (b + 1) * row)).toEqual(together.slice(i * row, (i + 1) * row));
        });
      }),
    );
  });

  it('gives a sub-block and a choice the same noise for any number of them', () => {
    const two = gumbelNoise({ ...KEY, subBlocks: 2, choices: 2 });
    const more = gumbelNoise({ ...KEY, subBlocks: 6, choices: 3 });
    const shared = tf.slice(more, [0, 0, 0], [3, 2, 2]);
    expect(shared.arraySync()).toEqual(two.arraySync());
    tf.dispose([two, more, shared]);
  });

  it('differs for every seed, epoch, block, sample, sub-block and choice', () => {
    const values = [
      KEY,
      { ...KEY, seed: 8 },
      { ...KEY, seed: 7 + 2 ** 40 },
      { ...KEY, epoch: 3 },
      { ...KEY, blockIndex: 4 },
      { ...KEY, sampleKeys: [42, 13, 991] },
    ].flatMap(valuesOf);
    expect(new Set(values).size).toBe(values.length);
  });

  it('follows the Gumbel distribution (Kolmogorov and Smirnov)', () => {
    const sorted = draws().sort((a, b) => a - b);
    const count = sorted.length;
    let distance = 0;
    sorted.forEach((x, i) => {
      const share = Math.exp(-Math.exp(-x));
      distance = Math.max(distance, share - i / count, (i + 1) / count - share);
    });
    expect(count).toBe(20_000);
    expect(distance).toBeLessThan(1.63 / Math.sqrt(count)); // exceeded by 1 % of samples of the right law
  });

  it('has the mean, variance and skewness of the Gumbel distribution', () => {
    const x = draws();
    const mean = x.reduce((sum, v) => sum + v, 0) / x.length;
    const moment = (order: number) => x.reduce((sum, v) => sum + (v - mean) ** order, 0) / x.length;
    const variance = Math.PI ** 2 / 6;
    // standard errors of 20,000 draws: sqrt(var/n) = 0.0091; var·sqrt((kurtosis 5.4 − 1)/n) = 0.0244; of the skewness
    // 0.040, the deviation over 2000 such samples of numpy's Generator.gumbel
    expect(Math.abs(mean - 0.5772156649)).toBeLessThan(4 * 0.0091);
    expect(Math.abs(moment(2) - variance)).toBeLessThan(4 * 0.0244);
    expect(Math.abs(moment(3) / moment(2) ** 1.5 - 1.1395)).toBeLessThan(4 * 0.04);
  });

  it('is uncorrelated between choices, sub-blocks and neighbouring samples', () => {
    const x = draws();
    const lagged = (lag: number) => {
      let sum = 0;
      for (let i = 0; i + lag < x.length; i++) sum += (x[i]! - 0.5772) * (x[i + lag]! - 0.5772);
      return sum / (x.length - lag) / (Math.PI ** 2 / 6);
    };
    for (const lag of [1, 2, 3, 8, 16]) expect(Math.abs(lagged(lag))).toBeLessThan(4 / Math.sqrt(20_000));
  });

  it('is finite, within the bounds that 2^-53 sets', () => {
    const x = draws();
    expect(Math.min(...x)).toBeGreaterThan(-3.61); // −log(53·log 2) = −3.604
    expect(Math.max(...x)).toBeLessThan(36.74); // 53·log 2 = 36.737
  });

  it('makes one tensor and leaves no other', () => {
    expectNoLeak(() => gumbelNoise(KEY));
    const before = tf.memory().numTensors;
    const noise = gumbelNoise(KEY);
    expect(tf.memory().numTensors).toBe(before + 1);
    noise.dispose();
  });

  it.each([
    [{ ...KEY, seed: NaN }, 'seed'],
    [{ ...KEY, epoch: NaN }, 'epoch'],
    [{ ...KEY, epoch: 0.5 }, 'epoch'],
    [{ ...KEY, blockIndex: -1 }, 'blockIndex'],
    [{ ...KEY, subBlocks: 65537 }, 'subBlocks: expected an integer in 0 … 65536, got 65537'],
    [{ ...KEY, choices: NaN }, 'choices'],
    [{ ...KEY, sampleKeys: [3, 2.5] }, 'sampleKeys[1]: expected an integer in 0 … 4294967295, got 2.5'],
  ])('refuses %o', (key, message) => {
    expect(() => gumbelNoise(key)).toThrow(RangeError);
    expect(() => gumbelNoise(key)).toThrow(message);
  });
});
