/**
 * Orders channels by their scores, the largest first; among equals the first. Whole groups are ordered by their sums.
 *
 * @param scores - one for each channel of the block
 * @param channels - those that are ordered, in ascending order; all of a group or none
 * @param perGroup - consecutive channels that stay together; 1 for each alone
 */
export function byImportance(
  scores: ArrayLike<number>,
  channels: readonly number[],
  perGroup: number,
): number[] {
  const groups = new Map<number, { channels: number[]; sum: number }>();
  for (const channel of channels) {
    const key = Math.floor(channel / perGroup);
    const group = groups.get(key) ?? { channels: [], sum: 0 };
    group.channels.push(channel);
    group.sum += scores[channel] as number;
    groups.set(key, group);
  }
  return [...groups.values()].sort((a, b) => b.sum - a.sum).flatMap((group) => group.channels);
}
