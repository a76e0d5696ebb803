import type { NetworkCount } from './network-count.js';

/** What one image costs a network, by what its gates decide. In the unit of the count it came from. */
export interface FlopsTable {
  /** Run for every image: stem, shortcuts, blocks without controller, head. Controllers are counted apart. */
  readonly fixedMacs: number;
  /** `[l][n]`: sub-block n of gated block l. */
  readonly subBlockMacs: readonly (readonly number[])[];
  /** `[l]`: controller of gated block l; runs for every image. */
  readonly controllerMacs: readonly number[];
}

/**
 * The part of a count that prices gates. Plain numbers: what a loss, a report or a scheduler needs.
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

/** Cost of an image with every gate open. */
export function fullMacs(table: FlopsTable): number {
  return alwaysMacs(table) + sum(table.subBlockMacs.flat());
}

/** Cost of an image with every gate closed: what is fixed, and the controllers. */
export function alwaysMacs(table: FlopsTable): number {
  return table.fixedMacs + sum(table.controllerMacs);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
