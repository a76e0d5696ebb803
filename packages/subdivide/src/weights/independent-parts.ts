import { channelShares } from '../channel-shares.js';
import type { HiddenChannels } from '../hidden-channels.js';
import { subdivideError } from '../subdivide-error.js';
import type { ChannelPlan, PartChannels } from './part-channels.js';
import { byImportance } from './by-importance.js';

/**
 * Channels of the parts of a block whose hidden channels do not mix, or only within groups: consecutive ranges,
 * divided as by `channelShares`. Remaining room is filled with copies of the next channels, whose contribution is
 * then divided equally; if there is too little room, the least important channels are left out.
 *
 * @param widths - number of hidden channels of each part
 * @param importance - importance of each hidden channel, ≥ 0: decides what is left out
 * @param order - by which channels are ordered first, the largest in the first part; undefined: as they are
 */
export function independentParts(
  hidden: HiddenChannels,
  widths: readonly number[],
  importance: ArrayLike<number>,
  order?: ArrayLike<number>,
): ChannelPlan {
  const { channels, groups, units } = hidden;
  const room = widths.reduce((sum, width) => sum + width, 0);
  if (groups > 1 && groups < channels) checkWholeGroups(hidden, widths);
  const chosen = mostImportant(importance, Math.min(room, channels));
  // channels of a group of a grouped convolution stay together
  const kept = order ? byImportance(order, chosen, groups > 1 ? channels / groups : 1) : chosen;
  const runs = runsOf(kept, widths, groups > 1 && groups < channels ? widths : undefined);
  const copies = new Map<number, number>();
  for (const channel of runs.flat()) copies.set(channel, (copies.get(channel) ?? 0) + 1);
  const parts = runs.map((run): PartChannels => ({
    between: units.slice(1).map(() => run),
    shares: run.map((channel) => 1 / (copies.get(channel) as number)),
  }));
  const sum = (list: readonly number[]): number =>
    list.reduce((total, channel) => total + (importance[channel] as number), 0);
  const all = sum(Array.from({ length: channels }, (_, channel) => channel));
  const lost = kept.length === channels || all === 0 ? 1 - kept.length / channels : 1 - sum(kept) / all;
  return { parts, lostShare: lost };
}

function checkWholeGroups({ channels, groups }: HiddenChannels, widths: readonly number[]): void {
  const perGroup = channels / groups;
  const sum = widths.reduce((total, width) => total + width, 0);
  if (sum === channels && widths.every((width) => width % perGroup === 0)) return;
  throw subdivideError(
    `widths: expected whole groups of ${perGroup} channels, ${channels} together, got ${widths.join(', ')}. ` +
      `Divide grouped convolutions by 'share' to keep trained weights.`,
  );
}

/** Indices of the largest values, in ascending order; among equals the first. */
function mostImportant(importance: ArrayLike<number>, count: number): number[] {
  return Array.from(importance, (value, channel) => ({ value, channel }))
    .sort((a, b) => b.value - a.value || a.channel - b.channel)
    .slice(0, count)
    .map(({ channel }) => channel)
    .sort((a, b) => a - b);
}

/** A range of channels for each part, wrapping around to the first channel if there is room for copies. */
function runsOf(
  kept: readonly number[],
  widths: readonly number[],
  fixed: readonly number[] | undefined,
): number[][] {
  const owned = fixed ?? ownedOf(kept.length, widths);
  let begin = 0;
  return widths.map((width, n) => {
    const start = begin;
    begin += owned[n] as number;
    const run = Array.from(
      { length: Math.min(width, kept.length) },
      (_, i) => kept[(start + i) % kept.length] as number,
    );
    return run.sort((a, b) => a - b);
  });
}

/** Number of channels that each part owns: equal shares, unless a part is too narrow for its share. */
function ownedOf(channels: number, widths: readonly number[]): readonly number[] {
  const even = channelShares(channels, widths.length);
  return even.every((share, n) => share <= (widths[n] as number)) ? even : widths;
}
