/**
 * Moves labels along an axis until none overlaps another: as near to where they belong as their order allows.
 *
 * @param wanted - where each belongs
 * @param gap - between neighbours, at least
 * @param range - where they may be; exceeded at its end only if they do not fit
 * @returns where each goes, in the order of `wanted`
 */
export function spreadLabels(
  wanted: readonly number[],
  gap: number,
  [low, high]: readonly [number, number],
): number[] {
  const order = wanted.map((_, index) => index).sort((a, b) => (wanted[a] as number) - (wanted[b] as number));
  const placed = [...wanted];
  let next = low;
  for (const index of order) {
    placed[index] = Math.max(wanted[index] as number, next);
    next = placed[index] + gap;
  }
  // what was pushed beyond the end goes back, pushing those before it, but not below the start
  let limit = Math.max(high, low + gap * (wanted.length - 1));
  for (const index of order.reverse()) {
    placed[index] = Math.min(placed[index] as number, limit);
    limit = placed[index] - gap;
  }
  return placed;
}
