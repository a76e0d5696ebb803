import * as tf from '@tensorflow/tfjs-core';
import { assertGateLogits, decided } from './gate-logits.js';
import type { GatePolicy } from './gate-policy.js';

/**
 * The policy for inference, the argmax of each pair of logits: opens a sub-block if its on-logit is larger. No noise,
 * no gradient.
 *
 * Equal logits close the gate, consistent with `straightThroughArgMax`, which takes the first of equal values.
 *
 * @throws DmnnError `DMNN_GATING` if logits are not `[B, N, 2]` or there is not one sample key per image.
 * @see DMNN §3.2, below Eq. 8.
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { likeliest } from '@dmnn/gating';
 *
 * await tf.setBackend('cpu');
 * const gates = likeliest(tf.tensor3d([[[0, 1.2], [0.3, -1]]]), { blockIndex: 0, sampleKeys: [41] });
 * console.log(gates.dataSync().join()); // => 1,0
 * ```
 */
export const likeliest: GatePolicy = (logits, at) => {
  assertGateLogits(logits, at);
  return decided(logits, (logOdds) => tf.greater(logOdds, 0));
};
