import { describe, expect, it } from 'vitest';
import { builtInDataset } from './built-in/built-in-dataset.js';
import { gradientDataset } from './fixtures/gradient-dataset.js';
import { subset } from './subset.js';

describe('subset', () => {
  const dataset = gradientDataset(30);
  const few = subset(dataset, [29, 3, 3]);

  it('has the images asked for, in that order, and the names and means of the whole', () => {
    expect([few.size, few.name, few.split, few.classes, few.categories]).toEqual([
      3,
      'gradient',
      'train',
      10,
      5,
    ]);
    expect([0, 1, 2].map((index) => few.label(index))).toEqual([9, 3, 3]);
    expect(few.category(0)).toBe(4);
    expect(few.pixels(0)).toEqual(dataset.pixels(29));
    expect([few.channelMeans, few.channelDeviations]).toEqual([
      dataset.channelMeans,
      dataset.channelDeviations,
    ]);
  });

  it('knows the difficulty where the whole does', () => {
    const builtIn = builtInDataset({ split: 'test', size: 10 });
    expect(subset(builtIn, [7]).difficulty?.(0)).toBe(builtIn.difficulty(7));
    expect('difficulty' in few).toBe(false);
  });

  it.each([[[30]], [[-1]], [[0.5]], [[Number.NaN]]])('refuses indices %j', (indices) => {
    expect(() => subset(dataset, indices)).toThrow('indices: expected integers from 0 to 29');
  });

  it('refuses an index past its end', () => {
    expect(() => few.label(3)).toThrow('index: expected an integer from 0 to 2, got 3');
  });
});
