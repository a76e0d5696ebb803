import { expectNoLeak, maxAbsoluteDifference, numericalGradient } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binaryConcrete } from './binary-concrete.js';
import { ON } from './choice.js';
import { gumbelNoise } from './gumbel-noise.js';
import { gumbelSoftmax } from './gumbel-softmax.js';
import { logisticNoise } from './logistic-noise.js';
import { straightThroughGates } from './straight-through-gates.js';
import { straightThroughRound } from './straight-through-round.js';

describe('binaryConcrete', () => {
  it('is the logistic function of (log-odds + noise) / temperature', () => {
    const p = binaryConcrete(tf.tensor2d([[1.2, -4]]), tf.tensor2d([[-0.4, 1]]), 0.5).dataSync();
    expect(p[0]).toBeCloseTo(1 / (1 + Math.exp(-1.6)), 6); // (1.2 − 0.4) / 0.5
    expect(p[1]).toBeCloseTo(1 / (1 + Math.exp(6)), 6); // (−4 + 1) / 0.5
  });

  it('is the pair form: same probabilities, same gates, same gradients for the same key', () => {
    const logit = fc.double({ min: -6, max: 6, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(logit, logit), { minLength: 1, maxLength: 8 }),
        fc.double({ min: 0.2, max: 5, noNaN: true }),
        fc.nat(1000),
        (pairs, temperature, seed) => {
          tf.tidy(() => {
            const key = { seed, epoch: 1, blockIndex: 0, sampleKeys: [5], subBlocks: pairs.length };
            const logits = tf.tensor3d([pairs]);
            const odds = (x: tf.Tensor) => tf.sub<tf.Tensor2D>(tf.unstack(x, 2)[1]!, tf.unstack(x, 2)[0]!);
            const asPair = (x: tf.Tensor) => gumbelSoftmax(x as tf.Tensor3D, gumbelNoise(key), temperature);
            const asOne = (x: tf.Tensor) => binaryConcrete(odds(x), logisticNoise(key), temperature);

            const pOn = tf.unstack(asPair(logits), 2)[ON]!.dataSync();
            const p = asOne(logits).dataSync();
            // the exponent is good to about 1e-6 in float32, divided by the temperature; the slope is at most 1/4
            expect(maxAbsoluteDifference(p, pOn)).toBeLessThan(1e-5);

            const even = pOn.some((value) => Math.abs(value - 0.5) < 1e-5);
            if (!even) {
              const rounded = straightThroughRound(asOne(logits)).dataSync();
              expect([...rounded]).toEqual([...straightThroughGates(asPair(logits)).dataSync()]);
            }

            const slopes = [
              tf.grad((x) => tf.sum(straightThroughGates(asPair(x))))(logits),
              tf.grad((x) => tf.sum(straightThroughRound(asOne(x))))(logits),
            ].map((slope) => slope.dataSync()) as [Float32Array, Float32Array];
            expect(maxAbsoluteDifference(...slopes)).toBeLessThan(2e-5);
          });
        },
      ),
      { numRuns: 60 },
    );
  });

  it('has the gradient of finite differences', () => {
    const at = [0.4, -1.1, 2, 0];
    const noise = tf.tensor2d([0.2, 0.5, -1, 0.3], [2, 2]);
    const weights = tf.tensor2d([1, -2, 3, 0.5], [2, 2]);
    const value = (x: tf.Tensor2D) => tf.sum<tf.Scalar>(tf.mul(binaryConcrete(x, noise, 0.8), weights));
    const slope = tf
      .grad((x) => value(x as tf.Tensor2D))(tf.tensor2d(at, [2, 2]))
      .dataSync();
    const differences = numericalGradient((x) => value(tf.tensor2d(x, [2, 2])).dataSync()[0]!, at);
    expect(maxAbsoluteDifference(slope, differences)).toBeLessThan(1e-3);
  });

  it('stays within [0, 1] where the exponent overflows', () => {
    const p = binaryConcrete(tf.tensor2d([[1e30, -1e30]]), tf.zeros<tf.Rank.R2>([1, 2]), 1e-20);
    expect([...p.dataSync()]).toEqual([1, 0]);
  });

  it('leaves no tensor', () => {
    const x = tf.tensor2d([[0.2, 0.8]]);
    const noise = tf.zerosLike(x);
    expectNoLeak(() => binaryConcrete(x, noise, 1));
  });

  it('refuses other shapes and temperatures', () => {
    const x = tf.zeros<tf.Rank.R2>([1, 2]);
    expect(() => binaryConcrete(x, tf.zeros([2, 1]), 1)).toThrow(
      expect.objectContaining({ code: 'DMNN_GATING' }),
    );
    const one = tf.zeros<tf.Rank>([2]) as tf.Tensor2D;
    expect(() => binaryConcrete(one, one, 1)).toThrow(expect.objectContaining({ code: 'DMNN_GATING' }));
    for (const t of [0, -1, NaN]) expect(() => binaryConcrete(x, x, t)).toThrow(RangeError);
  });
});
