import * as tf from '@tensorflow/tfjs-core';
import { assertGates } from './gates.js';

/**
 * Execution rate of each block: r_l = Σ_n k_{l,n} / (N·B), where k_{l,n} is the number of images of the batch that run
 * sub-block n.
 *
 * Differentiable through straight-through gates. These are rates of the given batch; for a batch spread over
 * micro-batches or workers, see {@link rateGradient}.
 *
 * @param gates - `[B, N]` of {0, 1} for each gated block; N may differ between blocks.
 * @returns `[L]`, fractions in [0, 1]. The caller disposes it.
 * @throws DmnnError `DMNN_LOSS` if there is no block, or blocks differ in B.
 * @see DMNN §3.3 Eq. 11.
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { executionRates } from '@dmnn/losses';
 *
 * await tf.setBackend('cpu');
 * const gates = [tf.tensor2d([[1, 0], [1, 1]]), tf.tensor2d([[0, 0], [1, 0]])];
 * console.log(executionRates(gates).dataSync().join()); // => 0.75,0.25
 * ```
 */
export function executionRates(gates: readonly tf.Tensor2D[]): tf.Tensor1D {
  assertGates(gates);
  return tf.tidy(() => tf.stack(gates.map((g) => tf.mean(g))) as tf.Tensor1D);
}
