import type { NetworkCount } from './network-count.js';

/** The cost of one image as a function of its gates, in the unit of the count. */
export interface FlopsTable {
  /**
   * Cost of the layers that run for every image: stem, shortcuts, blocks without controller, head. Controllers are
   * counted separately.
   */
  readonly fixedMacs: number;
  /** `[l][n]`: cost of sub-block n of gated block l. */
  readonly subBlockMacs: readonly (readonly number[])[];
  /** `[l]`: cost of the controller of gated block l, which runs for every image. */
  readonly controllerMacs: readonly number[];
}

/**
 * The costs that gates control, as plain numbers for a loss, a report or a scheduler.
 *
 * @example
 * ```ts
 * import { countNetwork, flopsTable, fullMacs } from '@dmnn/flops';
 * import { createArchitecture } from '@dmnn/backbones';
 *
 * const count = countNetwork(createArchitecture('dmnn50-n2'));
 * const table = flopsTable(count);
 * console.log(table.subBlockMacs.length, fullMacs(table) === count.macs); // => 16 true
 * ```
 */
export function flopsTable(count: NetworkCount): FlopsTable {
  const gated = count.blocks.filter(({ blockIndex }) => blockIndex !== undefined);
  return {
    fixedMacs: count.fixedMacs,
    subBlockMacs: gated.map(({ subBlocks }) => subBlocks.map(({ macs }) => macs)),
    controllerMacs: gated.map(({ controllerMacs }) => controllerMacs),
  };
}

/** Cost of an image with all gates open. */
export function fullMacs(table: FlopsTable): number {
  return alwaysMacs(table) + sum(table.subBlockMacs.flat());
}

/** Cost of an image with all gates closed: the fixed cost and the controllers. */
export function alwaysMacs(table: FlopsTable): number {
  return table.fixedMacs + sum(table.controllerMacs);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
