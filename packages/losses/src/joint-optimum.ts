import type { FlopsTable } from '@dmnn/flops';
import { macShares } from './mac-shares.js';
import { assertTarget } from './target.js';

/**
 * Where Eq. 15 is least if all blocks run at one rate: what a target really asks for.
 *
 * With a the share of the cost that is fixed and b = 1 − a the gated share, the loss at rate r is
 * (r − t)² + (a + b·r − t)², least at r = (t + b·(t − a)) / (1 + b²). Both terms vanish only at t = 1: below it the
 * execution rate ends under the target and the FLOPs above. Separate rates for expensive and cheap blocks would lower
 * the loss a little further.
 *
 * @param table - costs of one image, see `flopsTable` of `@dmnn/flops`.
 * @param target - t, in (0, 1].
 * @returns the rate, at least 0, and the share of the full MACs it costs; fractions.
 * @throws DmnnError `DMNN_LOSS` if the table is not of costs. RangeError if the target is outside (0, 1].
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
