import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gradientDataset } from './fixtures/gradient-dataset.js';
import type { InMemoryDataset } from './in-memory-dataset.js';
import { stratifiedSubset } from './stratified-subset.js';

/** Pixels of the images of a gradient data set tell which image it is. */
const imagesOf = (dataset: InMemoryDataset): string[] =>
  Array.from({ length: dataset.size }, (_, index) => dataset.pixels(index).join());

const countsOf = (dataset: InMemoryDataset): number[] => {
  const counts = Array.from({ length: dataset.classes }, () => 0);
  for (let index = 0; index < dataset.size; index++) counts[dataset.label(index)]! += 1;
  return counts;
};

describe('stratifiedSubset', () => {
  it('keeps the share of every class to within one image, in whatever order the classes lie', () => {
    const labels = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(labels, fc.double({ min: 0, max: 1, noNaN: true }), (label, at) => {
        const whole = gradientDataset(label.length, { label: (index) => label[index] as number });
        const images = 1 + Math.floor(at * (whole.size - 1));
        const part = stratifiedSubset(whole, images);
        expect(part.size).toBe(images);
        const [ofPart, ofWhole] = [countsOf(part), countsOf(whole)];
        for (const [c, count] of ofPart.entries()) {
          expect(Math.abs(count - ((ofWhole[c] as number) * images) / whole.size)).toBeLessThan(1 + 1e-9);
        }
      }),
    );
  });

  it('keeps each image once at most, in their order, with their labels', () => {
    const whole = gradientDataset(36);
    const part = stratifiedSubset(whole, 18);
    const places = imagesOf(part).map((image) => imagesOf(whole).indexOf(image));
    expect(places).toEqual([...new Set(places)].sort((a, b) => a - b));
    expect(places.map((place) => whole.label(place))).toEqual(places.map((_, index) => part.label(index)));
  });

  it('is the whole where all are kept, and keeps name, split and channel means of it', () => {
    const whole = gradientDataset(10);
    const part = stratifiedSubset(whole, 10);
    expect(imagesOf(part)).toEqual(imagesOf(whole));
    expect([part.name, part.split, part.channelMeans]).toEqual([whole.name, whole.split, whole.channelMeans]);
  });

  it.each([0, 11, 1.5, Number.NaN])('refuses %j of 10', (images) => {
    expect(() => stratifiedSubset(gradientDataset(10), images)).toThrow(
      'images: expected an integer from 1 to 10 (all images)',
    );
  });
});
