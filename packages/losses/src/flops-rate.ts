import type { FlopsTable } from '@dmnn/flops';
import * as tf from '@tensorflow/tfjs-core';
import { assertGates } from './gates.js';
import { lossError } from './loss-error.js';
import { macShares } from './mac-shares.js';

/**
 * Fraction of the full network's MACs that the batch executes: F_actual / F_full, as in Eq. 14.
 *
 * F_full is the cost of the network with all gates open. The fixed part (stem, shortcuts, head) and the controllers run
 * for every image and count in both. Computed in fractions, for which float32 is precise to 1e-7, not in MACs (4e9
 * exceeds its 24 bits).
 *
 * @param gates - `[B, N]` of {0, 1} for each gated block; differentiable through straight-through gates.
 * @param table - costs of one image, see `flopsTable` of `@dmnn/flops`.
 * @returns a scalar in (0, 1]. The caller disposes it.
 * @throws DmnnError `DMNN_LOSS` if the gates and the table disagree about blocks or sub-blocks, or the table has
 * invalid costs.
 * @see DMNN §3.3 Eq. 13 and 14.
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { flopsRate } from '@dmnn/losses';
 *
 * await tf.setBackend('cpu');
 * const table = { fixedMacs: 19, controllerMacs: [1], subBlockMacs: [[40, 40]] }; // 100 in all
 * const rate = flopsRate([tf.tensor2d([[1, 0], [1, 1]])], table); // images that cost 60 and 100
 * console.log(rate.dataSync()[0]?.toFixed(3)); // => 0.800
 * ```
 */
export function flopsRate(gates: readonly tf.Tensor2D[], table: FlopsTable): tf.Scalar {
  assertGates(gates);
  const { always, subBlocks } = macShares(table);
  const counts = gates.map((g) => g.shape[1]);
  if (String(counts) !== String(subBlocks.map((block) => block.length))) {
    throw lossError(
      'table',
      `the numbers of sub-blocks of the gates, [${counts.join(', ')}]`,
      `[${subBlocks.map((block) => block.length).join(', ')}]`,
      'Create the table from the architecture of the gates.',
    );
  }
  return tf.tidy(() => {
    const openings = tf.mean(tf.concat([...gates], 1), 0); // k_{l,n} / B, concatenated
    return tf.add<tf.Scalar>(tf.sum(tf.mul(openings, tf.tensor1d(subBlocks.flat()))), always);
  });
}
