import { assertList } from '@dmnn/foundation';
// a gate starts no closer to always or never than this: from further out it would hardly learn anything else
const ALMOST_ALWAYS = 0.99;
const ALMOST_NEVER = 0.01;
// fraction of images for which the other sub-blocks open: with fewer a sub-block learns too little
const SOME = 0.2;

/**
 * Opening rates of a network's sub-blocks with a given mean, assigned one sub-block after the other: as many as
 * possible are nearly always open, the others for at least a fifth of the images.
 *
 * A gate that opens for some images but not for others before it can distinguish them adds noise to all other weights,
 * most of all if it opens for half of them. And gates that all start mostly open learn which sub-blocks to close while
 * the sub-blocks are learning, so the training of closed ones is lost. With these rates, most of the sub-blocks that
 * stay open learn from the first step.
 *
 * The first sub-blocks of all blocks come before the second ones. If only some sub-blocks of a position are open, they
 * are spread evenly across the network.
 *
 * @param rate - wanted mean, in [0, 1]; the mean of the result is clamped to [0.01, 0.99].
 * @param subBlocks - number of sub-blocks of each gated block, in order, each at least 1.
 * @returns rates in [0.01, 0.99], one for each sub-block of each block, non-increasing within a block.
 * @throws RangeError if the rate is not in [0, 1] or a number of sub-blocks is not a positive integer.
 *
 * @example
 * ```ts
 * import { openingInTurn } from '@dmnn/gating';
 *
 * const rates = (rate: number, subBlocks: number[]) =>
 *   openingInTurn(rate, subBlocks).map((block) => block.map((each) => each.toFixed(2)).join(' ')).join(' | ');
 * console.log(rates(0.6, [2, 2, 2, 2])); // => 0.99 0.20 | 0.99 0.20 | 0.99 0.20 | 0.99 0.20
 * console.log(rates(0.8, [2, 2, 2, 2])); // => 0.99 0.99 | 0.99 0.20 | 0.99 0.99 | 0.99 0.20
 * ```
 */
export function openingInTurn(rate: number, subBlocks: readonly number[]): number[][] {
  if (!(rate >= 0 && rate <= 1)) {
    throw new RangeError(`rate: expected a number from 0 to 1, got ${rate}`);
  }
  assertList('subBlocks', subBlocks, 'the number of sub-blocks of each block');
  const wrong = subBlocks.find((count) => !Number.isInteger(count) || count < 1);
  if (wrong !== undefined) {
    throw new RangeError(`subBlocks: expected integers >= 1, got ${wrong}`);
  }
  const total = subBlocks.reduce((sum, count) => sum + count, 0);
  const open = Math.max(0, Math.floor((total * (rate - SOME)) / (1 - SOME) + 1e-9)); // 1e-9: 0.6 − 0.2 is below 0.4
  const rest = open < total ? (total * rate - open) / (total - open) : 0;
  const rates = subBlocks.map((count) => Array<number>(count).fill(bounded(rest)));
  for (const [block, n] of inTurn(subBlocks, open)) (rates[block] as number[])[n] = ALMOST_ALWAYS;
  return rates;
}

const bounded = (rate: number) => Math.min(ALMOST_ALWAYS, Math.max(ALMOST_NEVER, rate));

/** The positions `[block, n]` of the first `count` sub-blocks in opening order. */
function inTurn(subBlocks: readonly number[], count: number): [number, number][] {
  const places: [number, number][] = [];
  for (let n = 0; places.length < count; n++) {
    const blocks = [...subBlocks.keys()].filter((block) => (subBlocks[block] as number) > n);
    const taken = Math.min(count - places.length, blocks.length);
    for (let i = 0; i < taken; i++)
      places.push([blocks[Math.floor((i * blocks.length) / taken)] as number, n]);
  }
  return places;
}
