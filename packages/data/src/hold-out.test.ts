import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gradientDataset } from './fixtures/gradient-dataset.js';
import { holdOut } from './hold-out.js';
import type { InMemoryDataset } from './in-memory-dataset.js';

/** Pixels of the images of a gradient data set tell which image it is. */
const imagesOf = (dataset: InMemoryDataset): string[] =>
  Array.from({ length: dataset.size }, (_, index) => dataset.pixels(index).join());

describe('holdOut', () => {
  it('puts every image on one side', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 60 }), fc.double({ min: 0, max: 1, noNaN: true }), (size, at) => {
        const images = 1 + Math.floor(at * (size - 2));
        const whole = gradientDataset(size);
        const { train, test } = holdOut(whole, images);
        expect([train.size, test.size]).toEqual([size - images, images]);
        expect([...imagesOf(train), ...imagesOf(test)].sort()).toEqual(imagesOf(whole).sort());
      }),
      { numRuns: 50 },
    );
  });

  it('holds out as many of each class, though files be sorted by class', () => {
    const whole = gradientDataset(100);
    const sorted: InMemoryDataset = { ...whole, label: (index) => Math.floor(index / 10) };
    const { test } = holdOut(sorted, 20);
    const labels = Array.from({ length: 20 }, (_, index) => test.label(index));
    for (let label = 0; label < 10; label++) expect(labels.filter((one) => one === label)).toHaveLength(2);
  });

  it('holds out the same share of each class in the order of classes, however they are sorted', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 10, maxLength: 60 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (labels, at) => {
          const whole = {
            ...gradientDataset(labels.length),
            label: (index: number) => labels[index] as number,
          };
          const images = 1 + Math.floor(at * (labels.length - 2));
          const { train, test } = holdOut(whole, images, { byClass: true });
          expect([...imagesOf(train), ...imagesOf(test)].sort()).toEqual(imagesOf(whole).sort());
          for (let label = 0; label <= 4; label++) {
            const held = Array.from({ length: test.size }, (_, i) => test.label(i)).filter(
              (one) => one === label,
            );
            const share = (labels.filter((one) => one === label).length * images) / labels.length;
            expect(Math.abs(held.length - share)).toBeLessThanOrEqual(1);
          }
          // sorted by class, the order is the images' own
          const sorted = { ...whole, label: (index: number) => Math.floor(index / 10) };
          expect(imagesOf(holdOut(sorted, images, { byClass: true }).test)).toEqual(
            imagesOf(holdOut(sorted, images).test),
          );
        },
      ),
      { numRuns: 50 },
    );
  });

  it('names both parts, and keeps the channel means', () => {
    const whole = gradientDataset(10);
    const { train, test } = holdOut(whole, 4);
    expect([train.name, train.split, test.name, test.split]).toEqual([
      'gradient, 4 held out',
      'train',
      'gradient, 4 held out',
      'test',
    ]);
    expect(test.channelMeans).toEqual(whole.channelMeans);
    expect(train.channelDeviations).toEqual(whole.channelDeviations);
  });

  it.each([0, 10, 1.5, Number.NaN])('refuses %j of 10', (images) => {
    expect(() => holdOut(gradientDataset(10), images)).toThrow('images: expected an integer from 1 to 9');
  });
});
