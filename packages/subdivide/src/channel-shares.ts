import { checkedSubBlockCount } from './sub-block-count.js';
import { subdivideError } from './subdivide-error.js';

/**
 * Divides hidden channels among sub-blocks: integers that sum to `channels` and differ by at most one, in descending
 * order. The parts are consecutive ranges of channels.
 *
 * @param channels - hidden channels of the undivided block, at least `subBlocks`
 * @param subBlocks - N, an integer ≥ 1
 * @returns channels of each of the N parts
 * @throws DmnnError `DMNN_SUBDIVIDE` if there are fewer channels than parts, or either is not an integer
 * @example
 * ```ts
 * import { channelShares } from '@dmnn/subdivide';
 *
 * console.log(channelShares(144, 2), channelShares(16, 3)); // => [ 72, 72 ] [ 6, 5, 5 ]
 * ```
 * @see DMNN §3.1 Eq. 3
 */
export function channelShares(channels: number, subBlocks: number): number[] {
  const count = checkedSubBlockCount(subBlocks);
  if (!Number.isSafeInteger(channels) || channels < count) {
    throw subdivideError(
      `channels: expected an integer ≥ ${count}, at least one for each of ${count} sub-blocks, got ${String(channels)}. ` +
        `Use fewer sub-blocks or a wider network.`,
    );
  }
  const smaller = Math.floor(channels / count);
  const larger = channels - smaller * count;
  return Array.from({ length: count }, (_, part) => (part < larger ? smaller + 1 : smaller));
}
