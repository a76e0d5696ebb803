/**
 * The minimum and maximum of some numbers. If they are equal, the range is widened a little on both sides, so that a
 * scale can be built from it.
 *
 * @param fallback - range to return if there are no numbers
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
  // a tenth of the smallest floating-point numbers underflows to 0, and no scale can be built from a tiny range
  const margin = Math.abs(low) < 1e-12 ? 1 : Math.abs(low) * 0.1;
  return [low - margin, high + margin];
}
