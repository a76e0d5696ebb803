import { type FlopsTable, alwaysMacs } from './flops-table.js';
import { type Gates, type SubBlockCosts, openCost } from './open-cost.js';

/** What an image costs by what its gates decide, in whatever unit: multiply–accumulates, milliseconds, joules. */
export interface GateCosts {
  /** Of what runs for every image: all but the sub-blocks. */
  readonly alwaysCost: number;
  /** `[l][n]`: of sub-block n of gated block l, when its gate is open. */
  readonly subBlockCosts: SubBlockCosts;
}

/**
 * Costs in multiply–accumulates.
 *
 * @example
 * ```ts
 * import { macCosts } from '@dmnn/flops';
 *
 * const table = { fixedMacs: 100, subBlockMacs: [[30, 30]], controllerMacs: [2] };
 * console.log(macCosts(table).alwaysCost); // => 102
 * ```
 */
export function macCosts(table: FlopsTable): GateCosts {
  return { alwaysCost: alwaysMacs(table), subBlockCosts: table.subBlockMacs };
}

/**
 * Cost of the average image, of which these shares open each sub-block; of one image, if they are its gates.
 *
 * @param rates - `[l][n]`, from 0 to 1
 * @throws DmnnError `DMNN_GATES` that names l and n, if there are too few or too many rates, or one is outside [0, 1] or NaN
 * @example
 * ```ts
 * import { meanCost } from '@dmnn/flops';
 *
 * const milliseconds = { alwaysCost: 2, subBlockCosts: [[1, 1], [3, 3]] };
 * console.log(meanCost(milliseconds, [[1, 0.5], [0, 0.5]])); // => 5
 * ```
 */
export function meanCost(costs: GateCosts, rates: readonly Gates[]): number {
  return costs.alwaysCost + openCost(costs.subBlockCosts, rates, 'gates');
}

/** Cost of an image with every gate open. */
export function highestCost(costs: GateCosts): number {
  return costs.alwaysCost + costs.subBlockCosts.flat().reduce((total, each) => total + each, 0);
}
