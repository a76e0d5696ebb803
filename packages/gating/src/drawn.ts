import { assertRecord } from '@dmnn/foundation';
import * as tf from '@tensorflow/tfjs-core';
import { assertGateLogits, decided } from './gate-logits.js';
import type { GatePolicy } from './gate-policy.js';
import { logisticNoise } from './logistic-noise.js';
import { assertCounter, assertSeed } from './uniform-at.js';

/** Options of {@link drawn}. */
export interface DrawnOptions {
  /** The run's seed, an integer in 0 … 2⁵³ − 1. */
  readonly seed: number;
  /** Epoch, from 0. */
  readonly epoch: number;
}

/**
 * The policy for training by rewards: gates drawn from softmax(logits), without a gradient. `reinforceLoss` of
 * `@dmnn/losses` gives the logits theirs.
 *
 * The noise is that of `sampled`, so both draw the same gates.
 *
 * @throws RangeError if an option is out of its range. The policy throws DmnnError `DMNN_GATING` if logits are not
 *   `[B, N, 2]` or there is not one sample key per image.
 * @see Wang et al. 2018, SkipNet (arXiv 1711.09485), §3.3
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { drawn } from '@dmnn/gating';
 *
 * await tf.setBackend('cpu');
 * const gates = drawn({ seed: 7, epoch: 0 })(tf.tensor3d([[[0, 90], [90, 0]]]), { blockIndex: 0, sampleKeys: [41] });
 * console.log(gates.dataSync().join()); // => 1,0
 * ```
 */
export function drawn(options: DrawnOptions): GatePolicy {
  assertRecord('options', options, 'an object with seed and epoch');
  const { seed, epoch } = options;
  assertSeed(seed);
  assertCounter('epoch', epoch);
  return (logits, at) => {
    assertGateLogits(logits, at);
    const { blockIndex, sampleKeys } = at;
    return decided(logits, (logOdds) => {
      const noise = logisticNoise({ seed, epoch, blockIndex, sampleKeys, subBlocks: logits.shape[1] });
      return tf.greater(tf.add(logOdds, noise), 0);
    });
  };
}
