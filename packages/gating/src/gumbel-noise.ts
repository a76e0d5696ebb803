import * as tf from '@tensorflow/tfjs-core';
import { gumbelValues, type NoiseKey } from './noise-key.js';

/**
 * Draws standard Gumbel noise for the gates of one block.
 *
 * Computed in doubles from a counter-based generator, so that a sample gets the same noise in any batch, on any
 * backend. The uniform number behind a value is at least 2⁻⁵³ from 0 and 1: the noise lies in (−3.61, 36.74) and is
 * never infinite, as it is when a uniform float32 happens to be 0 or 1.
 *
 * @param key - identifies the noise, see {@link NoiseKey}.
 * @returns `[B, N, K]` float32. The caller disposes it.
 * @throws RangeError if a number in the key is not an integer in its range.
 * @see DMNN §3.2 Eq. 8; Jang et al. 2017 (arXiv 1611.01144) §2.1.
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { gumbelNoise } from '@dmnn/gating';
 *
 * await tf.setBackend('cpu');
 * const noise = gumbelNoise({ seed: 7, epoch: 0, blockIndex: 3, sampleKeys: [41, 12], subBlocks: 2 });
 * console.log(noise.shape.join()); // => 2,2,2
 * ```
 */
export function gumbelNoise(key: NoiseKey): tf.Tensor3D {
  const values = Float32Array.from(gumbelValues(key));
  return tf.tensor3d(values, [key.sampleKeys.length, key.subBlocks, key.choices ?? 2], 'float32');
}
