import { describe, expect, it } from 'vitest';
import { tinyDataset } from '@dmnn/test-kit';
import { calibrationImages } from './calibration-images.js';

describe('calibrationImages', () => {
  const train = tinyDataset('train', 400);
  const labels = (images: number, seed?: number): number[] => {
    const few = calibrationImages(train, images, seed);
    return Array.from({ length: few.size }, (_, i) => few.label(i));
  };

  it('draws of every class, the same for the same seed', () => {
    expect(new Set(labels(40)).size).toBe(4);
    expect(labels(40)).toEqual(labels(40, 0));
    expect(labels(40)).not.toEqual(labels(40, 1));
  });

  it('draws no image twice, and all if there are not as many', () => {
    const all = calibrationImages(train, 1000);
    const pixels = Array.from({ length: all.size }, (_, i) => all.pixels(i).join());
    expect(all.size).toBe(400);
    expect(new Set(pixels).size).toBe(
      new Set(Array.from({ length: 400 }, (_, i) => train.pixels(i).join())).size,
    );
  });

  it.each([0, 1.5, NaN])('refuses %f images', (images) => {
    expect(() => calibrationImages(train, images)).toThrow(`images: expected an integer >= 1, got ${images}`);
  });
});
