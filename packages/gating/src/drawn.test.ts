import { expectNoLeak } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { drawn } from './drawn.js';
import { gatePolicies } from './gate-policies.js';
import { likeliest } from './likeliest.js';
import { sampled } from './sampled.js';

const sampleKeys = Array.from({ length: 64 }, (_, b) => b);
const at = { blockIndex: 3, sampleKeys };
const logits = tf.tensor3d(sampleKeys.map((key) => [[0, Math.sin(key)], [Math.cos(key), 0.3]])); // prettier-ignore

describe('drawn', () => {
  it('draws the gates that sampled draws, of each seed and epoch', () => {
    for (const [seed, epoch] of [
      [1, 0],
      [1, 4],
      [7, 0],
    ] as const)
      expect(drawn({ seed, epoch })(logits, at).arraySync()).toEqual(
        sampled({ seed, epoch })(logits, at).arraySync(),
      );
  });

  it('has no gradient, and is no obstacle to one', () => {
    const slope = tf.grad((x) =>
      tf.add(tf.sum(drawn({ seed: 1, epoch: 0 })(x as tf.Tensor3D, at)), tf.mul(tf.sum(x), 2)),
    )(logits);
    expect(new Set(slope.dataSync())).toEqual(new Set([2]));
  });

  it('shows NaN, leaves no tensor, and is decided by the larger logit in use', () => {
    const policy = drawn({ seed: 1, epoch: 0 });
    expect(policy(tf.tensor3d([[[NaN, 0]]]), { blockIndex: 0, sampleKeys: [1] }).dataSync()[0]).toBeNaN();
    expectNoLeak(() => policy(logits, at));
    const decision = gatePolicies.reinforced();
    expect(decision.use).toBe(likeliest);
    const step = { seed: 1, epoch: 0, temperature: 1, noiseScale: 1 };
    expect(decision.training(step)(logits, at).arraySync()).toEqual(policy(logits, at).arraySync());
  });

  it('refuses seeds, epochs and logits that are none', () => {
    expect(() => drawn({ seed: -1, epoch: 0 })).toThrow(RangeError);
    expect(() => drawn({ seed: 1, epoch: 0.5 })).toThrow(RangeError);
    expect(() => drawn({ seed: 1, epoch: 0 })(tf.zeros([1, 2, 3]), at)).toThrow(
      expect.objectContaining({ code: 'DMNN_GATING' }),
    );
  });
});
