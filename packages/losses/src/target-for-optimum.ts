import { assertRecord } from '@dmnn/foundation';
import type { FlopsTable } from '@dmnn/flops';
import { lossError } from './loss-error.js';
import { macShares } from './mac-shares.js';
import { assertTarget } from './target.js';

/** The wanted result of training: the execution rate of the gates, or their cost as a fraction of the full MACs. */
export type WantedOptimum = { readonly executionRate: number } | { readonly flopsRate: number };

/**
 * The target whose joint optimum is the wanted rate: the inverse of {@link jointOptimum}.
 *
 * With a the fixed fraction of the cost and b = 1 − a, a rate r is the optimum of t = (r·(1 + b²) + a·b) / (1 + b), and
 * a fraction f of the MACs corresponds to the rate (f − a) / b. Below t = a·b / (1 + b) the optimum closes all gates,
 * so no smaller target is ever returned.
 *
 * @param table - costs of one image, see `flopsTable` of `@dmnn/flops`.
 * @param wanted - `executionRate` in (0, 1], or `flopsRate` above the fixed fraction and at most 1.
 * @returns t for Eq. 12 and 14, in (0, 1].
 * @throws DmnnError `DMNN_LOSS` if the table has invalid costs, or no gate costs anything. RangeError if the wanted
 *   rate is out of its range.
 * @see DMNN §3.3 Eq. 15.
 *
 * @example
 * ```ts
 * import { jointOptimum, targetForOptimum } from '@dmnn/losses';
 *
 * const table = { fixedMacs: 19, controllerMacs: [1], subBlockMacs: [[40, 40]] };
 * const target = targetForOptimum(table, { flopsRate: 0.5 });
 * console.log(target.toFixed(3), jointOptimum(table, target).flopsRate.toFixed(3)); // => 0.431 0.500
 * ```
 */
export function targetForOptimum(table: FlopsTable, wanted: WantedOptimum): number {
  const { always } = macShares(table);
  assertRecord('wanted', wanted, 'an object with executionRate or flopsRate');
  const gated = 1 - always;
  const rate = 'executionRate' in wanted ? wanted.executionRate : rateOfCost(wanted.flopsRate, table, always);
  assertTarget(rate, 'wanted.executionRate');
  return Math.min(1, (rate * (1 + gated ** 2) + always * gated) / (1 + gated)); // above 1 only by rounding
}

function rateOfCost(flopsRate: number, table: FlopsTable, always: number): number {
  if (!table.subBlockMacs.flat().some((cost) => cost > 0)) {
    throw lossError('table', 'gates that cost something', 'none', 'See flopsTable of @dmnn/flops.');
  }
  if (!(flopsRate > always && flopsRate <= 1)) {
    throw new RangeError(
      `wanted.flopsRate: expected a fraction above ${always.toFixed(4)}, the part of the MACs that every image runs, and at most 1, got ${flopsRate}`,
    );
  }
  return Math.min(1, (flopsRate - always) / (1 - always));
}
