import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomResizedCrop } from './random-resized-crop.js';

const key = { seed: 1, epoch: 0, sampleKey: 0 };

/** Shares of torchvision's crops that are at most 0, 10, … 100 % of the longer side. From images.py. */
const torchvision = JSON.parse(
  readFileSync(new URL('../fixtures/random-resized-crop.json', import.meta.url), 'utf8'),
) as Record<string, Record<'topPx' | 'leftPx' | 'heightPx' | 'widthPx', number[]>>;

describe('randomResizedCrop', () => {
  it.each([
    [500, 375],
    [120, 900], // most draws do not fit, so that many are the fallback
  ])('is distributed as torchvision has it at %i × %i', (widthPx, heightPx) => {
    const count = 20_000;
    const crops = Array.from({ length: count }, (_, sampleKey) =>
      randomResizedCrop({ seed: 3, epoch: 0, sampleKey }, { widthPx, heightPx }),
    );
    const longer = Math.max(widthPx, heightPx);
    const expected = torchvision[`${widthPx}x${heightPx}`]!;
    for (const name of ['topPx', 'leftPx', 'heightPx', 'widthPx'] as const) {
      for (const [decile, share] of expected[name].entries()) {
        const ours = crops.filter((crop) => crop[name] <= (decile * longer) / 10).length / count;
        // five standard errors of a share of 20,000, and of torchvision's 200,000
        const error = Math.sqrt((share * (1 - share)) / count + (share * (1 - share)) / 200_000);
        expect(Math.abs(ours - share), `${name}, decile ${decile}`).toBeLessThanOrEqual(5 * error + 1e-4);
      }
    }
  });

  it('lies inside of the image, whatever its size', () => {
    const side = fc.integer({ min: 1, max: 3000 });
    fc.assert(
      fc.property(fc.nat(), fc.nat(50), side, side, (sampleKey, epoch, widthPx, heightPx) => {
        const crop = randomResizedCrop({ seed: 9, epoch, sampleKey }, { widthPx, heightPx });
        expect(crop.widthPx).toBeGreaterThanOrEqual(1);
        expect(crop.heightPx).toBeGreaterThanOrEqual(1);
        expect(crop.leftPx).toBeGreaterThanOrEqual(0);
        expect(crop.topPx).toBeGreaterThanOrEqual(0);
        expect(crop.leftPx + crop.widthPx).toBeLessThanOrEqual(widthPx);
        expect(crop.topPx + crop.heightPx).toBeLessThanOrEqual(heightPx);
      }),
    );
  });

  it('falls back to the middle where nothing fits', () => {
    // of 10,000 × 10 pixels, 8 % in a shape of 4 / 3 is 77 pixels high: too high. Then 10 · 4/3 = 13 wide, 10 high.
    const wide = randomResizedCrop(key, { widthPx: 10_000, heightPx: 10 });
    expect(wide).toMatchObject({ leftPx: 4993, topPx: 0, widthPx: 13, heightPx: 10 });
    const high = randomResizedCrop(key, { widthPx: 10, heightPx: 10_000 });
    expect(high).toMatchObject({ leftPx: 0, topPx: 4993, widthPx: 10, heightPx: 13 });
  });

  it('depends on seed, epoch and sample, and on nothing else', () => {
    const size = { widthPx: 640, heightPx: 480 };
    const at = (change: Partial<typeof key>) =>
      JSON.stringify(randomResizedCrop({ ...key, ...change }, size));
    expect(at({})).toBe(at({}));
    const others = [{ seed: 2 }, { epoch: 1 }, { sampleKey: 1 }].map(at);
    expect(new Set([at({}), ...others]).size).toBe(4);
  });

  it('flips as often as it shall', () => {
    const flips = (flipProbability: number) =>
      Array.from({ length: 4000 }, (_, sampleKey) =>
        randomResizedCrop({ ...key, sampleKey }, { widthPx: 64, heightPx: 64 }, { flipProbability }),
      ).filter(({ flipped }) => flipped).length;
    expect(flips(0)).toBe(0);
    expect(flips(1)).toBe(4000);
    expect(Math.abs(flips(0.5) - 2000)).toBeLessThan(160); // five standard deviations of 31.6
  });

  it('rejects what makes no sense', () => {
    const size = { widthPx: 8, heightPx: 8 };
    expect(() => randomResizedCrop(key, { widthPx: 0, heightPx: 8 })).toThrow(/size: expected sides/);
    expect(() => randomResizedCrop({ ...key, seed: 0.5 }, size)).toThrow(/seed/);
    expect(() => randomResizedCrop(key, size, { areaShare: [0.5, 0.2] })).toThrow(/areaShare/);
    expect(() => randomResizedCrop(key, size, { areaShare: [0.5, 1.2] })).toThrow(/areaShare/);
    expect(() => randomResizedCrop(key, size, { aspectRatio: [Number.NaN, 1] })).toThrow(/aspectRatio/);
    expect(() => randomResizedCrop(key, size, { flipProbability: Number.NaN })).toThrow(/flipProbability/);
  });
});
