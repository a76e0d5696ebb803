import type { Architecture } from '@dmnn/architecture';
import { type ChannelGroup, channelGroups } from './channel-groups.js';

/** One channel that can be removed. */
export interface ChannelPlace {
  /** Path of the convolution that makes it. */
  readonly path: string;
  /** From 0. */
  readonly channel: number;
}

/**
 * The channels with the lowest scores of a whole network, at most `count`; every group keeps at least one.
 *
 * @param scores - `[channel]` by path, as `taylorScores` gives them
 * @returns lowest first; of equal scores the first in the network
 * @throws RangeError if there is not one score for each channel, or `count` is not a whole number from 1
 */
export function lowestChannels(
  architecture: Architecture,
  scores: ReadonlyMap<string, ArrayLike<number>>,
  count: number,
): ChannelPlace[] {
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new RangeError(`count: expected a whole number of channels from 1, got ${count}.`);
  }
  const candidates = channelGroups(architecture).flatMap((group) => removable(group, scores.get(group.path)));
  candidates.sort((a, b) => a.score - b.score); // stable: of equal scores the first
  return candidates.slice(0, count).map(({ path, channel }) => ({ path, channel }));
}

/** All channels of a group but the one with the highest score. */
function removable(
  { path, channels }: ChannelGroup,
  scores: ArrayLike<number> | undefined,
): (ChannelPlace & { readonly score: number })[] {
  if (scores?.length !== channels) {
    throw new RangeError(`scores: expected ${channels} for ${path}, got ${scores?.length ?? 'none'}.`);
  }
  const all = Array.from(scores, (score, channel) => ({ path, channel, score }));
  const highest = all.reduce((best, one) => (one.score > best.score ? one : best));
  return all.filter((one) => one !== highest);
}
