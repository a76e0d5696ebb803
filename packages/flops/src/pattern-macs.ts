import { type FlopsTable, alwaysMacs } from './flops-table.js';
import { gatesError } from './gates-error.js';
import { macCosts, meanCost } from './gate-costs.js';
import { type Gates, GATES_REMEDY, expectBlocks, openCost } from './open-cost.js';

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
  const always = alwaysMacs(table);
  const perImage = Array.from({ length: images }, (_, b) => {
    const own = gates.map((block) => block[b] ?? []);
    return always + openCost(table.subBlockMacs, own, `gates of image b = ${b}`);
  });
  return { perImage, meanMacs: perImage.reduce((total, macs) => total + macs, 0) / images };
}
