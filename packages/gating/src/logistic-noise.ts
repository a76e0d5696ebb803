import * as tf from '@tensorflow/tfjs-core';
import { OFF, ON } from './choice.js';
import { assertKey, gumbelValues, type NoiseKey } from './noise-key.js';

/**
 * Draws standard logistic noise for the gates of one block: the difference of a pair's Gumbel noise, for when only the
 * difference of the two logits matters.
 *
 * Each value is the on-noise minus the off-noise of {@link gumbelNoise} for the same key, so both forms of the
 * softmax trick make the same decisions, sample by sample.
 *
 * @param key - identifies the noise; `choices` must be 2 if set.
 * @returns `[B, N]` float32, within ±40.4. The caller disposes it.
 * @throws RangeError if a number in the key is not an integer in its range, or `choices` is not 2.
 * @see Maddison et al. 2017 (arXiv 1611.00712) §3.2 and appendix B.
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { logisticNoise } from '@dmnn/gating';
 *
 * await tf.setBackend('cpu');
 * const noise = logisticNoise({ seed: 7, epoch: 0, blockIndex: 3, sampleKeys: [41, 12], subBlocks: 4 });
 * console.log(noise.shape.join()); // => 2,4
 * ```
 */
export function logisticNoise(key: NoiseKey): tf.Tensor2D {
  assertKey(key);
  if (key.choices !== undefined && key.choices !== 2) {
    throw new RangeError(`choices: expected 2 (off, on), got ${key.choices}`);
  }
  const pairs = gumbelValues(key);
  const values = new Float32Array(pairs.length / 2);
  for (let i = 0; i < values.length; i++) {
    values[i] = (pairs[2 * i + ON] as number) - (pairs[2 * i + OFF] as number);
  }
  return tf.tensor2d(values, [key.sampleKeys.length, key.subBlocks], 'float32');
}
