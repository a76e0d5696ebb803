import type { FlopsTable } from '@dmnn/flops';
import { macShares } from './mac-shares.js';
import { assertTarget } from './target.js';

/**
 * The minimum of Eq. 15 if all blocks run at the same rate: the rate that a target actually leads to.
 *
 * With a the fixed fraction of the cost and b = 1 − a the gated fraction, the loss at rate r is
 * (r − t)² + (a + b·r − t)², minimal at r = (t + b·(t − a)) / (1 + b²). Both terms vanish only at t = 1: below it the
 * execution rate ends up below the target and the FLOPs rate above it. Separate rates for expensive and cheap blocks
 * would reduce the loss slightly further.
 *
 * @param table - costs of one image, see `flopsTable` of `@dmnn/flops`.
 * @param target - t, in (0, 1].
 * @returns the rate, at least 0, and its cost as a fraction of the full MACs.
 * @throws DmnnError `DMNN_LOSS` if the table has invalid costs. RangeError if the target is outside (0, 1].
 * @see DMNN §3.3 Eq. 15.
 *
 * @example
 * ```ts
 * import { jointOptimum } from '@dmnn/losses';
 *
 * const table = { fixedMacs: 19, controllerMacs: [1], subBlockMacs: [[40, 40]] };
 * const { executionRate, flopsRate } = jointOptimum(table, 0.5);
 * console.log(executionRate.toFixed(3), flopsRate.toFixed(3)); // => 0.451 0.561
 * ```
 */
export function jointOptimum(
  table: FlopsTable,
  target: number,
): { executionRate: number; flopsRate: number } {
  assertTarget(target);
  const { always } = macShares(table);
  const gated = 1 - always;
  const executionRate = Math.max(0, (target + gated * (target - always)) / (1 + gated ** 2));
  return { executionRate, flopsRate: always + gated * executionRate };
}
