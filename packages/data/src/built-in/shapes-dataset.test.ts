import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { builtInDataset } from './built-in-dataset.js';
import { shapesDataset } from './shapes-dataset.js';

const test = shapesDataset({ split: 'test', size: 1000 });

describe('shapesDataset', () => {
  it('has ten shapes as classes, each as often', () => {
    expect([test.name, test.classes, test.categories, test.classNames]).toEqual([
      'shapes',
      10,
      10,
      builtInDataset({ split: 'test' }).categoryNames.slice(0, 10),
    ]);
    const counts = new Array<number>(10).fill(0);
    for (let index = 0; index < 1000; index++) counts[test.label(index)]! += 1;
    expect(counts).toEqual(new Array(10).fill(100));
    expect(test.category(17)).toBe(test.label(17));
  });

  it('mixes easy and hard images, and none in between', () => {
    const difficulties = Array.from({ length: 1000 }, (_, index) => test.difficulty(index));
    const easy = difficulties.filter((each) => each < 0.15);
    const hard = difficulties.filter((each) => each >= 0.7 && each < 1);
    expect(easy.length + hard.length).toBe(1000);
    expect(Math.abs(easy.length - 700)).toBeLessThan(60); // deviation 14.5
    for (const [part, from, to] of [
      [easy, 0, 0.15],
      [hard, 0.7, 1],
    ] as const) {
      const mean = part.reduce((sum, each) => sum + each, 0) / part.length;
      expect(Math.abs(mean - (from + to) / 2)).toBeLessThan(0.03);
    }
  });

  it('is the same on every machine: the images that every measurement was made with', () => {
    // recorded when the images were last changed; another value means other images, and other results
    const all = createHash('sha256');
    for (let index = 0; index < 500; index++) all.update(test.pixels(index));
    expect(all.digest('hex').slice(0, 16)).toBe('5257091f93880068');
  });

  it('has a size of its own, and the same channel means in both splits', () => {
    const train = shapesDataset({ split: 'train' });
    expect([train.size, shapesDataset({ split: 'test' }).size]).toEqual([28_000, 4000]);
    expect(train.channelMeans).toEqual(test.channelMeans);
    expect(train.channelMeans).not.toEqual(builtInDataset({ split: 'train' }).channelMeans);
  });
});
