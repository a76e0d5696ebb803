import { type Architecture, gatedBlocks } from '@dmnn/architecture';
import { uniformAt } from '@dmnn/gating';

/** `[l][n]`: which sub-blocks are open. */
export type OpenPattern = readonly (readonly boolean[])[];

/**
 * Opens a share of a network's sub-blocks, rounded to whole ones, spread at random over all blocks.
 *
 * @param share - in [0, 1]
 * @param seed - a whole number: the same one opens the same sub-blocks
 */
export function randomPattern(architecture: Architecture, share: number, seed: number): OpenPattern {
  const counts = gatedBlocks(architecture).map(({ block }) => block.subBlocks.length);
  const places = counts.flatMap((count, l) => Array.from({ length: count }, (_, n) => ({ l, n })));
  const drawn = places
    .map((place, i) => ({ ...place, order: uniformAt(seed, 0, i) }))
    .sort((a, b) => a.order - b.order)
    .slice(0, Math.round(share * places.length));
  return counts.map((count, l) =>
    Array.from({ length: count }, (_, n) => drawn.some((place) => place.l === l && place.n === n)),
  );
}

/** Opens one block and nothing else, or nothing at all. */
export function singleBlockPattern(architecture: Architecture, openBlock?: number): OpenPattern {
  return gatedBlocks(architecture).map(({ block, blockIndex }) =>
    block.subBlocks.map(() => blockIndex === openBlock),
  );
}
