/**
 * Moves labels along an axis until they no longer overlap, each as close to its wanted position as their order allows.
 *
 * @param wanted - the wanted position of each label
 * @param gap - minimum distance between neighbours
 * @param range - allowed positions; exceeded at the end only if the labels do not fit
 * @returns the position of each label, in the order of `wanted`
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
  // labels pushed beyond the end move back and push the ones before them, but not below the start
  let limit = Math.max(high, low + gap * (wanted.length - 1));
  for (const index of order.reverse()) {
    placed[index] = Math.min(placed[index] as number, limit);
    limit = placed[index] - gap;
  }
  return placed;
}
