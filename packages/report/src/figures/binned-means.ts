import type { Place } from '../drawing/series.js';

/**
 * Reduces a curve to at most `limit` points, each the mean of equally many neighbours: every value counts, and noise
 * does not hide the trend.
 */
export function binnedMeans(places: readonly Place[], limit: number): Place[] {
  const size = Math.ceil(places.length / limit);
  if (size <= 1) return [...places];
  return Array.from({ length: Math.ceil(places.length / size) }, (_, bin): Place => {
    const part = places.slice(bin * size, (bin + 1) * size);
    const mean = (axis: 0 | 1): number => part.reduce((sum, place) => sum + place[axis], 0) / part.length;
    return [mean(0), mean(1)];
  });
}
