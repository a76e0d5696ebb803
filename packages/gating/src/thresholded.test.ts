import { expectNoLeak } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { likeliest } from './likeliest.js';
import { thresholded } from './thresholded.js';

const where = { blockIndex: 0, sampleKeys: [1] };
const gatesOf = (threshold: number, pairs: [number, number][]) =>
  tf.tidy(() => [...thresholded({ threshold })(tf.tensor3d([pairs]), where).dataSync()]);

const logit = fc.double({ min: -9, max: 9, noNaN: true });
const pairs = fc.array(fc.tuple(logit, logit), { minLength: 1, maxLength: 8 });

describe('thresholded', () => {
  it('opens where softmax gives on at least the threshold', () => {
    // softmax of (0, 1), (0, 0.2), (0, −1): 0.731, 0.550, 0.269
    const logits: [number, number][] = [
      [0, 1],
      [0, 0.2],
      [0, -1],
    ];
    expect(gatesOf(0.26, logits)).toEqual([1, 1, 1]);
    expect(gatesOf(0.28, logits)).toEqual([1, 1, 0]);
    expect(gatesOf(0.56, logits)).toEqual([1, 0, 0]);
    expect(gatesOf(0.74, logits)).toEqual([0, 0, 0]);
  });

  it('is likeliest at 0.5, but opens equal logits', () => {
    fc.assert(
      fc.property(pairs, (logits) => {
        const same = tf.tidy(() => [...likeliest(tf.tensor3d([logits]), where).dataSync()]);
        const tie = logits.some(([off, on]) => Math.abs(off - on) < 1e-5);
        if (!tie) expect(gatesOf(0.5, logits)).toEqual(same);
      }),
    );
    expect(gatesOf(0.5, [[0.7, 0.7]])).toEqual([1]);
  });

  it('never opens under a higher threshold what is closed under a lower one', () => {
    const threshold = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(pairs, threshold, threshold, (logits, a, b) => {
        const low = gatesOf(Math.min(a, b), logits);
        gatesOf(Math.max(a, b), logits).forEach((gate, n) => {
          expect(gate).toBeLessThanOrEqual(low[n]!);
        });
      }),
    );
  });

  it('opens everything at 0, nothing at 1, and distinguishes logits whose float32 probabilities are equal', () => {
    const logits: [number, number][] = [
      [90, -90],
      [0, 0],
      [-90, 90],
    ];
    expect(gatesOf(0, logits)).toEqual([1, 1, 1]);
    expect(gatesOf(1, logits)).toEqual([0, 0, 0]);
    // p(on) = 1 − 2e-9 and 1 − 9e-14, both 1 in float32
    expect(
      gatesOf(1 - 1e-12, [
        [0, 20],
        [0, 30],
      ]),
    ).toEqual([0, 1]);
  });

  it('has no gradient, shows NaN and leaves no tensor', () => {
    const policy = thresholded({ threshold: 0.4 });
    const logits = tf.tensor3d([
      [
        [0, 1.2],
        [NaN, -1],
      ],
    ]);
    expect([...policy(logits, where).dataSync()]).toEqual([1, NaN]);
    expect(
      tf
        .grad((x) => tf.sum(policy(x as tf.Tensor3D, where)))(logits)
        .dataSync(),
    ).toEqual(new Float32Array(4));
    expectNoLeak(() => policy(logits, where));
  });

  it.each([-0.1, 1.1, NaN])('refuses threshold %f', (threshold) => {
    expect(() => thresholded({ threshold })).toThrow(RangeError);
    expect(() => thresholded({ threshold })).toThrow(
      `threshold: expected a probability in [0, 1], got ${threshold}`,
    );
  });

  it('refuses logits and keys that do not fit', () => {
    expect(() => thresholded({ threshold: 0.4 })(tf.zeros([2, 2, 2]), where)).toThrow(
      expect.objectContaining({ code: 'DMNN_GATING' }),
    );
  });
});
