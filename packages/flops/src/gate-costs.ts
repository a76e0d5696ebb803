import { type FlopsTable, alwaysMacs } from './flops-table.js';
import { type Gates, type SubBlockCosts, openCost } from './open-cost.js';

/** The cost of an image as a function of its gates, in any unit: multiply–accumulates, milliseconds, joules. */
export interface GateCosts {
  /** Cost of the layers that run for every image: all except the sub-blocks. */
  readonly alwaysCost: number;
  /** `[l][n]`: cost of sub-block n of gated block l if its gate is open. */
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
 * The mean cost of images of which these shares open each sub-block; the cost of one image, if the rates are its
 * gates.
 *
 * @param rates - `[l][n]`, from 0 to 1
 * @throws DmnnError `DMNN_GATES` with l and n in its message, if there are too few or too many rates, or one is
 * outside [0, 1] or NaN
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

/** Cost of an image with all gates open. */
export function highestCost(costs: GateCosts): number {
  return costs.alwaysCost + costs.subBlockCosts.flat().reduce((total, each) => total + each, 0);
}
