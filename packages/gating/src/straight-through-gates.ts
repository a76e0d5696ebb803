import { assertTensor } from '@dmnn/foundation';
import * as tf from '@tensorflow/tfjs-core';
import { ON } from './choice.js';
import { gatingError } from './gating-error.js';
import { straightThroughArgMax } from './straight-through-arg-max.js';

/**
 * Gates from the probabilities of (off, on): 1 where on is more likely in the forward pass, the gradient of p(on) in
 * the backward pass.
 *
 * @param probabilities - `[B, N, 2]`, see {@link gumbelSoftmax}.
 * @returns `[B, N]` of {0, 1}: 1 runs the sub-block. Equal probabilities close the gate. The caller disposes it.
 * @throws DmnnError `DMNN_GATING` if the last axis is not (off, on).
 * @see DMNN §3.2, below Eq. 8.
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { straightThroughGates } from '@dmnn/gating';
 *
 * await tf.setBackend('cpu');
 * const gates = straightThroughGates(tf.tensor3d([[[0.3, 0.7], [0.9, 0.1]]]));
 * console.log(gates.dataSync().join()); // => 1,0
 * ```
 */
export function straightThroughGates(probabilities: tf.Tensor3D): tf.Tensor2D {
  assertTensor('probabilities', probabilities, 'a tensor [B, N, K]');
  if (probabilities.shape[2] !== 2) {
    throw gatingError(
      'probabilities',
      '[B, N, 2] (off, on)',
      `[${(probabilities.shape as number[]).join(', ')}]`,
      'For more than two choices use straightThroughArgMax.',
    );
  }
  return tf.tidy(() => {
    const choice = straightThroughArgMax(probabilities);
    return tf.squeeze<tf.Tensor2D>(tf.slice(choice, [0, 0, ON], [-1, -1, 1]), [2]);
  });
}
