/** As near to always and to never as gates start: from further off they would hardly learn anything else. */
const ALMOST = 0.01;

/**
 * Opening rates of a block's sub-blocks that have a wanted mean, one sub-block after the other: the first ones nearly
 * always open, at most one now and then, the others nearly never.
 *
 * Gates that all start mostly open are told which sub-blocks to close while these are learning, and what a sub-block has
 * learned that is closed in the end is lost. This way those that stay are those that learn, from the first step.
 *
 * @param rate - wanted mean, in [0, 1]; that of the result is nearer to one half by up to 0.01.
 * @param subBlocks - N, at least 1.
 * @returns N rates in [0.01, 0.99] that do not rise.
 * @throws RangeError if the rate is not in [0, 1] or N no whole number above 0.
 *
 * @example
 * ```ts
 * import { openingInTurn } from '@dmnn/gating';
 *
 * const rates = (rate: number, subBlocks: number) => openingInTurn(rate, subBlocks).map((each) => each.toFixed(2)).join(' ');
 * console.log(rates(0.6, 2)); // => 0.99 0.20
 * console.log(rates(0.6, 4)); // => 0.99 0.99 0.40 0.01
 * ```
 */
export function openingInTurn(rate: number, subBlocks: number): number[] {
  if (!(rate >= 0 && rate <= 1)) {
    throw new RangeError(`rate: expected a number from 0 to 1, got ${rate}`);
  }
  if (!Number.isInteger(subBlocks) || subBlocks < 1) {
    throw new RangeError(`subBlocks: expected an integer >= 1, got ${subBlocks}`);
  }
  return Array.from({ length: subBlocks }, (_, n) =>
    Math.min(1 - ALMOST, Math.max(ALMOST, rate * subBlocks - n)),
  );
}
