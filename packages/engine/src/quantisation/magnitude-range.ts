/** Magnitudes from here on are infinite or no numbers. */
const FIRST_INFINITE = 0x7f80;

/**
 * The magnitude that a share of the counted numbers do not exceed, to within 1/128 of it.
 *
 * @param counts - `[m]`: numbers whose magnitude has m as the upper half of a float32
 * @param share - above 0, at most 1
 * @returns 0 if nothing but zeros was counted; Infinity if the range would hold numbers that are not finite
 */
export function magnitudeRange(counts: Float64Array, share: number): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  let below = 0;
  const last = counts.findIndex((count) => (below += count) >= share * total && below > 0);
  if (last <= 0) return 0;
  if (last >= FIRST_INFINITE) return Infinity;
  // the magnitude at which the next count begins
  return new Float32Array(Uint32Array.of((last + 1) << 16).buffer)[0] as number;
}
