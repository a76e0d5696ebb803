import { type FlopsTable, fullMacs } from '@dmnn/flops';
import * as tf from '@tensorflow/tfjs-core';
import { flopsRate } from './flops-rate.js';

/**
 * Mean MACs executed per image of the batch: F_actual = fixed + controllers + Σ_l Σ_n (k_{l,n}/B)·F_{l,n}.
 *
 * A float32 tensor, so its relative precision is about 1e-7; `batchMacs` of `@dmnn/flops` counts exactly, in plain
 * numbers.
 *
 * @param gates - `[B, N]` of {0, 1} for each gated block; differentiable through straight-through gates.
 * @param table - costs of one image, see `flopsTable` of `@dmnn/flops`.
 * @returns a scalar in MACs. The caller disposes it.
 * @throws DmnnError `DMNN_LOSS` in the same cases as {@link flopsRate}.
 * @see DMNN §3.3 Eq. 13.
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { actualMacs } from '@dmnn/losses';
 *
 * await tf.setBackend('cpu');
 * const table = { fixedMacs: 19, controllerMacs: [1], subBlockMacs: [[40, 40]] };
 * console.log(actualMacs([tf.tensor2d([[1, 0], [1, 1]])], table).dataSync()[0]); // => 80
 * ```
 */
export function actualMacs(gates: readonly tf.Tensor2D[], table: FlopsTable): tf.Scalar {
  return tf.tidy(() => tf.mul<tf.Scalar>(flopsRate(gates, table), fullMacs(table)));
}
