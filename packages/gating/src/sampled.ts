import { assertRecord } from '@dmnn/foundation';
import * as tf from '@tensorflow/tfjs-core';
import { assertGateLogits } from './gate-logits.js';
import type { GatePolicy } from './gate-policy.js';
import { gumbelNoise } from './gumbel-noise.js';
import { gumbelSoftmax } from './gumbel-softmax.js';
import { straightThroughGates } from './straight-through-gates.js';
import { assertTemperature } from './temperature.js';
import { assertCounter, assertSeed } from './uniform-at.js';

/** Options of {@link sampled}. */
export interface SampledOptions {
  /** The run's seed, an integer in 0 … 2⁵³ − 1. */
  readonly seed: number;
  /** Epoch, from 0. */
  readonly epoch: number;
  /** Dimensionless, > 0; shapes the gradient, not how often gates open (with `noiseScale` 1). @defaultValue 1 */
  readonly temperature?: number | undefined;
  /** Factor on the noise, ≥ 0: 1 samples from softmax(logits), 0 takes the larger logit. @defaultValue 1 */
  readonly noiseScale?: number | undefined;
}

/**
 * The policy for training: gates drawn from softmax(logits) by the softmax trick, with straight-through gradients.
 *
 * The noise depends only on seed, epoch, sample, block and sub-block, so that an image gets the same gates in any
 * batch, on any worker and after a resumed run. With `noiseScale` 0, gates equal those of {@link likeliest} but stay
 * differentiable.
 *
 * @returns a policy; its gates have gradients with respect to the logits.
 * @throws RangeError if an option is out of its range or NaN. The policy throws DmnnError `DMNN_GATING` if logits are
 *   not `[B, N, 2]` or there is not one sample key per image.
 * @see DMNN §3.2 Eq. 8.
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { sampled } from '@dmnn/gating';
 *
 * await tf.setBackend('cpu');
 * const policy = sampled({ seed: 7, epoch: 0, temperature: 1 });
 * const logits = tf.tensor3d([[[0, 9], [9, 0]]]); // one image: sub-block 0 wants to run, sub-block 1 does not
 * const gates = policy(logits, { blockIndex: 0, sampleKeys: [41] });
 * console.log(gates.dataSync().join()); // => 1,0
 * ```
 */
export function sampled(options: SampledOptions): GatePolicy {
  assertRecord('options', options, 'an object with seed and epoch');
  const { seed, epoch, temperature = 1, noiseScale = 1 } = options;
  assertSeed(seed);
  assertCounter('epoch', epoch);
  assertTemperature(temperature);
  if (!(noiseScale >= 0 && noiseScale < Infinity)) {
    throw new RangeError(
      `noiseScale: expected a finite number >= 0, got ${noiseScale}; 1 samples, 0 does not`,
    );
  }
  return (logits, at) => {
    assertGateLogits(logits, at);
    return tf.tidy(() => {
      const noise =
        noiseScale === 0
          ? tf.zerosLike(logits)
          : tf.mul<tf.Tensor3D>(
              gumbelNoise({
                seed,
                epoch,
                blockIndex: at.blockIndex,
                sampleKeys: at.sampleKeys,
                subBlocks: logits.shape[1],
              }),
              noiseScale,
            );
      return straightThroughGates(gumbelSoftmax(logits, noise, temperature));
    });
  };
}
