import { assertList, assertLists, assertRecord, kindOf } from '@dmnn/foundation';
import type { NetworkCount } from './network-count.js';
import { gatesError } from './gates-error.js';

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
  /** `[e]`: what runs for an image that leaves at exit e; absent if the network has none. */
  readonly exits?: readonly ExitCosts[];
}

/** What runs until an exit. */
export interface ExitCosts {
  /** Cost of the layers that run for every image that gets here: up to this exit's own, and those of exits before it. */
  readonly fixedMacs: number;
  /** Number of gated blocks before it. */
  readonly gatedBlocks: number;
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
  assertRecord('count', count, 'the result of countNetwork');
  assertList('count.blocks', count.blocks, 'the blocks of countNetwork');
  const gated = count.blocks.filter(({ blockIndex }) => blockIndex !== undefined);
  return {
    fixedMacs: count.fixedMacs,
    subBlockMacs: gated.map(({ subBlocks }) => subBlocks.map(({ macs }) => macs)),
    controllerMacs: gated.map(({ controllerMacs }) => controllerMacs),
    ...(count.exits
      ? {
          exits: count.exits.map(({ afterBlock, until }) => ({
            fixedMacs: until.fixedMacs,
            gatedBlocks: gated.filter((block) => count.blocks.indexOf(block) <= afterBlock).length,
          })),
        }
      : {}),
  };
}

/**
 * The costs of images that leave at an exit: the table of the network that ends there.
 *
 * @param exit - its index, from 0
 * @returns costs of the gated blocks before it; gates of later blocks have no part in them
 * @throws RangeError if the network has no such exit
 * @example
 * ```ts
 * import { patternMacs, tableUntilExit } from '@dmnn/flops';
 *
 * const table = {
 *   fixedMacs: 100,
 *   subBlockMacs: [[30, 30], [20, 20]],
 *   controllerMacs: [1, 1],
 *   exits: [{ fixedMacs: 60, gatedBlocks: 1 }],
 * };
 * console.log(patternMacs(tableUntilExit(table, 0), [[true, false]])); // => 91
 * ```
 */
export function tableUntilExit(table: FlopsTable, exit: number): FlopsTable {
  assertTable(table);
  const exits = table.exits ?? [];
  const own = exits[exit];
  if (!own) {
    const known = exits.length > 0 ? `0 to ${exits.length - 1}` : 'none, since the network has no exits';
    throw new RangeError(`exit: expected ${known}, got ${String(exit)}`);
  }
  return {
    fixedMacs: own.fixedMacs,
    subBlockMacs: table.subBlockMacs.slice(0, own.gatedBlocks),
    controllerMacs: table.controllerMacs.slice(0, own.gatedBlocks),
    exits: exits.slice(0, exit),
  };
}

/** Cost of an image with all gates open. */
export function fullMacs(table: FlopsTable): number {
  return alwaysMacs(table) + sum(table.subBlockMacs.flat());
}

/** Cost of an image with all gates closed: the fixed cost and the controllers. */
export function alwaysMacs(table: FlopsTable): number {
  assertTable(table);
  return table.fixedMacs + sum(table.controllerMacs);
}

function assertTable(table: FlopsTable): void {
  assertRecord('table', table, 'the costs of flopsTable');
  if (typeof table.fixedMacs !== 'number')
    throw new TypeError(`table.fixedMacs: expected a number, got ${kindOf(table.fixedMacs)}`);
  assertList('table.controllerMacs', table.controllerMacs, 'a number for each gated block');
  assertLists('table.subBlockMacs', table.subBlockMacs, 'the costs of the sub-blocks of each gated block');
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

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
  assertCosts(costs);
  return costs.alwaysCost + openCost(costs.subBlockCosts, rates, 'gates');
}

/** Cost of an image with all gates open. */
export function highestCost(costs: GateCosts): number {
  assertCosts(costs);
  return costs.alwaysCost + costs.subBlockCosts.flat().reduce((total, each) => total + each, 0);
}

/** Gates of one block: whether each sub-block runs, or the rate at which it runs, from 0 to 1. */
export type Gates = readonly (boolean | number)[];

/** `[l][n]`: cost of sub-block n of gated block l, in any unit. */
export type SubBlockCosts = readonly (readonly number[])[];

/** The remedy for gates that do not fit a table. */
const GATES_REMEDY = 'Pass one gate for each sub-block of each gated block, as in table.subBlockMacs.';

/**
 * Cost of the open sub-blocks of an image; the mean over images, if the gates are rates.
 *
 * @param what - names the gates in messages
 * @throws DmnnError `DMNN_GATES` with l and n in its message */
function openCost(subBlockCosts: SubBlockCosts, gates: readonly Gates[], what: string): number {
  expectBlocks(subBlockCosts, gates, what);
  let total = 0;
  subBlockCosts.forEach((subBlocks, l) => {
    const block = gates[l] ?? [];
    if (block.length !== subBlocks.length) {
      const expected = `${subBlocks.length} gates, one for each sub-block`;
      throw gatesError(`${what}, block l = ${l}`, expected, String(block.length), GATES_REMEDY);
    }
    subBlocks.forEach((cost, n) => {
      const gate = valueOf(block[n]);
      if (!(gate >= 0 && gate <= 1)) {
        const where = `${what}, block l = ${l}, sub-block n = ${n}`;
        throw gatesError(where, 'a boolean or a number in [0, 1]', String(block[n]), GATES_REMEDY);
      }
      total += gate * cost;
    });
  });
  return total;
}

/** NaN for a value that is not a gate, so that `null` and `''` do not count as closed. */
function valueOf(gate: unknown): number {
  if (typeof gate === 'boolean') return gate ? 1 : 0;
  return typeof gate === 'number' ? gate : NaN;
}

/** @throws DmnnError `DMNN_GATES` if there is not one list of gates for each gated block */
function expectBlocks(subBlockCosts: SubBlockCosts, gates: readonly unknown[], what: string): void {
  assertLists('gates', gates, 'the gates of each gated block');
  const blocks = subBlockCosts.length;
  if (gates.length === blocks) return;
  throw gatesError(what, `${blocks} gated blocks`, String(gates.length), GATES_REMEDY);
}

/**
 * Cost of an image with these gates; the mean cost of images, if they are rates.
 *
 * @param gates - `[l][n]`: sub-block n of gated block l. `true` or 1 runs, `false` or 0 does not; a rate in between
 * counts proportionally, because the cost is linear in the gates
 * @returns the cost of fixed layers, controllers and open sub-blocks, in the unit of the table
 * @throws DmnnError `DMNN_GATES` with l and n in its message, if there are too few or too many gates, or one is
 * outside [0, 1] or NaN
 * @see DMNN §3.3 Eq. 13
 * @example
 * ```ts
 * import { patternMacs } from '@dmnn/flops';
 *
 * const table = { fixedMacs: 100, subBlockMacs: [[30, 30], [20, 20]], controllerMacs: [1, 1] };
 * console.log(patternMacs(table, [[true, false], [true, true]])); // => 172
 * console.log(patternMacs(table, [[0.5, 0.5], [0, 0]])); // => 132
 * ```
 */
export function patternMacs(table: FlopsTable, gates: readonly Gates[]): number {
  return meanCost(macCosts(table), gates);
}

/** Cost of the images of a batch. */
export interface BatchMacs {
  /** `[b]`: cost of image b, in the table's unit. */
  readonly perImage: number[];
  /** Mean of `perImage`. */
  readonly meanMacs: number;
}

/** Settings of {@link batchMacs}. */
export interface BatchMacsOptions {
  /** Number of images; needed only for a network without gated blocks, where `gates` is empty. */
  readonly images?: number | undefined;
  /**
   * `[b]`: the exit at which image b left, or the number of exits if it went to the end, as a forward pass returns them.
   * Gates of blocks that it did not reach have no part in its cost. @defaultValue all went to the end
   */
  readonly exits?: readonly number[] | undefined;
}

/**
 * Cost of each image of a batch, and their mean.
 *
 * @param gates - `[l][b][n]`: gates `[B, N]` of each gated block, as returned by a forward pass
 * @throws DmnnError `DMNN_GATES` with l, b and n in its message, if the shape or a value is wrong, or if there is no
 * image
 * @example
 * ```ts
 * import { batchMacs } from '@dmnn/flops';
 *
 * const table = { fixedMacs: 100, subBlockMacs: [[30, 30], [20, 20]], controllerMacs: [1, 1] };
 * const easy = [0, 1];
 * const hard = [1, 1];
 * const { perImage, meanMacs } = batchMacs(table, [[easy, hard], [easy, hard]]);
 * console.log(perImage.join(' '), meanMacs); // => 152 202 177
 * ```
 */
export function batchMacs(
  table: FlopsTable,
  gates: readonly (readonly Gates[])[],
  options: BatchMacsOptions = {},
): BatchMacs {
  assertTable(table);
  assertRecord('options', options, 'an object with images');
  expectBlocks(table.subBlockMacs, gates, 'gates');
  const images = gates[0]?.length ?? options.images;
  if (images === undefined || !Number.isSafeInteger(images) || images < 1) {
    const what = gates.length > 0 ? 'gates[0] (block l = 0)' : 'images';
    throw gatesError(
      what,
      'at least 1 image',
      String(images),
      'A network without gated blocks needs { images }.',
    );
  }
  gates.forEach((block, l) => {
    if (block.length === images) return;
    throw gatesError(
      `gates[${l}] (block l = ${l})`,
      `${images} images, as for block 0`,
      String(block.length),
      GATES_REMEDY,
    );
  });
  const ends = endTables(table);
  const leftAt = leavingPlaces(options.exits, images, ends.length - 1);
  const perImage = Array.from({ length: images }, (_, b) => {
    const { always, subBlockMacs } = ends[leftAt?.[b] ?? ends.length - 1] as EndTable;
    const own = gates.slice(0, subBlockMacs.length).map((block) => block[b] ?? []);
    return always + openCost(subBlockMacs, own, `gates of image b = ${b}`);
  });
  return { perImage, meanMacs: perImage.reduce((total, macs) => total + macs, 0) / images };
}

/** What an image costs that ends at an exit, or at the head. */
interface EndTable {
  readonly always: number;
  readonly subBlockMacs: SubBlockCosts;
}

/** `[e]`: of exit e; the last of the head. */
function endTables(table: FlopsTable): EndTable[] {
  const exits = table.exits ?? [];
  return [...exits.map((_, e) => tableUntilExit(table, e)), table].map((own) => ({
    always: alwaysMacs(own),
    subBlockMacs: own.subBlockMacs,
  }));
}

function leavingPlaces(
  exits: readonly number[] | undefined,
  images: number,
  count: number,
): readonly number[] | undefined {
  if (exits === undefined) return undefined;
  assertList('exits', exits, 'the exit at which each image left');
  const remedy = 'Pass one number for each image: the index of its exit, or the number of exits.';
  if (exits.length !== images) throw gatesError('exits', `${images} images`, String(exits.length), remedy);
  exits.forEach((exit, b) => {
    if (!Number.isInteger(exit) || exit < 0 || exit > count)
      throw gatesError(`exits of image b = ${b}`, `a whole number from 0 to ${count}`, String(exit), remedy);
  });
  return exits;
}

/** @throws TypeError naming the argument if it is not costs of gates */
export function assertCosts(costs: GateCosts): void {
  assertRecord('costs', costs, 'costs of gates, as of macCosts');
  if (typeof costs.alwaysCost !== 'number')
    throw new TypeError(`costs.alwaysCost: expected a number, got ${kindOf(costs.alwaysCost)}`);
  assertLists('costs.subBlockCosts', costs.subBlockCosts, 'the costs of the sub-blocks of each gated block');
}
