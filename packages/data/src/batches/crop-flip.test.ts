import { describe, expect, it } from 'vitest';
import { cropFlip } from './crop-flip.js';

describe('cropFlip', () => {
  it('draws all 81 crops, flipped and not, equally often', () => {
    const counts = new Map<string, number>();
    for (let sampleKey = 0; sampleKey < 162_000; sampleKey++) {
      const { topPx, leftPx, flipped } = cropFlip({ seed: 3, epoch: 1, sampleKey });
      const place = `${topPx} ${leftPx} ${flipped}`;
      counts.set(place, (counts.get(place) ?? 0) + 1);
    }
    expect(counts.size).toBe(162);
    // 1000 each, deviation 31.5; 162 of them
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(165);
    for (let top = 0; top <= 8; top++) expect(counts.has(`${top} ${8 - top} true`)).toBe(true);
  });

  it('differs between epochs and seeds', () => {
    const places = (seed: number, epoch: number) =>
      Array.from({ length: 20 }, (_, sampleKey) => cropFlip({ seed, epoch, sampleKey }));
    expect(places(1, 0)).toEqual(places(1, 0));
    expect(places(1, 0)).not.toEqual(places(1, 1));
    expect(places(1, 0)).not.toEqual(places(2, 0));
  });

  it('refuses a seed that is not an integer', () => {
    expect(() => cropFlip({ seed: Number.NaN, epoch: 0, sampleKey: 0 })).toThrow(
      'seed: expected a safe integer',
    );
  });
});
