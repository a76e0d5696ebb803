import { expectNoLeak } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { OFF, ON } from './choice.js';
import { gumbelNoise } from './gumbel-noise.js';
import { logisticNoise } from './logistic-noise.js';

const KEY = {
  seed: 7,
  epoch: 2,
  blockIndex: 3,
  sampleKeys: Array.from({ length: 5000 }, (_, i) => i),
  subBlocks: 4,
};

describe('logisticNoise', () => {
  it('follows the logistic distribution (Kolmogorov and Smirnov)', () => {
    const noise = logisticNoise(KEY);
    const sorted = Array.from(noise.dataSync()).sort((a, b) => a - b);
    noise.dispose();
    let distance = 0;
    sorted.forEach((x, i) => {
      const share = 1 / (1 + Math.exp(-x));
      distance = Math.max(distance, share - i / sorted.length, (i + 1) / sorted.length - share);
    });
    expect(distance).toBeLessThan(1.63 / Math.sqrt(20_000));
  });

  it('is on minus off of the same Gumbel noise, to the rounding of float32', () => {
    const logistic = logisticNoise(KEY);
    const pairs = gumbelNoise(KEY).arraySync();
    logistic.arraySync().forEach((row, b) => {
      row.forEach((value, n) => {
        const difference = pairs[b]![n]![ON]! - pairs[b]![n]![OFF]!;
        expect(Math.abs(value - difference)).toBeLessThan(4e-6); // two roundings of values up to 37
      });
    });
  });

  it('leaves no tensor', () => {
    expectNoLeak(() => logisticNoise({ ...KEY, sampleKeys: [1] }));
    expect(tf.memory().numTensors).toBeLessThan(10);
  });

  it('has two choices only', () => {
    expect(() => logisticNoise({ ...KEY, choices: 3 })).toThrow('choices: expected 2 (off, on), got 3');
    expect(() => logisticNoise({ ...KEY, choices: NaN })).toThrow(RangeError);
  });
});
