/**
 * The least and the greatest of some numbers; where there is nothing between them, a little on either side, so that a
 * scale can be made of it.
 *
 * @param fallback - for no numbers at all
 */
export function dataDomain(
  values: Iterable<number>,
  fallback: readonly [number, number] = [0, 1],
): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return [...fallback];
  if (low < high) return [low, high];
  // a tenth of the least floating-point numbers is nothing, and no scale can be made of a little more
  const margin = Math.abs(low) < 1e-12 ? 1 : Math.abs(low) * 0.1;
  return [low - margin, high + margin];
}
