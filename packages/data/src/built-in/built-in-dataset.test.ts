import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { builtInDataset } from './built-in-dataset.js';
import { ChannelCounter } from '../cifar/channel-statistics.js';

const train = builtInDataset({ split: 'train', size: 1000 });
const test = builtInDataset({ split: 'test', size: 1000 });
const digest = (pixels: Uint8Array) => createHash('sha256').update(pixels).digest('hex');

describe('builtInDataset', () => {
  it('has the shape of CIFAR-100: 100 classes in 20 categories of 5, 32 × 32', () => {
    expect([train.classes, train.categories, train.imageSizePx, train.channels]).toEqual([100, 20, 32, 3]);
    expect(new Set(train.classNames).size).toBe(100);
    expect(new Set(train.categoryNames).size).toBe(20);
    expect([builtInDataset({ split: 'train' }).size, builtInDataset({ split: 'test' }).size]).toEqual([
      8000, 2000,
    ]);
    expect(train.pixels(0)).toHaveLength(3072);
    // a class's name tells its category's
    for (let index = 0; index < 100; index++) {
      expect(train.classNames[train.label(index)]).toContain(train.categoryNames[train.category(index)]);
    }
  });

  it('is the same on every machine: the images that every measurement was made with', () => {
    // recorded when the images were last changed; another value means other images, and other results
    const all = createHash('sha256');
    for (let index = 0; index < 500; index++) all.update(train.pixels(index)).update(test.pixels(index));
    expect(all.digest('hex').slice(0, 16)).toBe('cc48017225fc59d9');
  });

  it('makes image i alike in any order and at any size', () => {
    const other = builtInDataset({ split: 'train', size: 50 });
    for (const index of [49, 3, 17, 3]) {
      expect(other.pixels(index)).toEqual(train.pixels(index));
      expect([other.label(index), other.difficulty(index)]).toEqual([
        train.label(index),
        train.difficulty(index),
      ]);
    }
    expect(train.pixels(3)).toBe(train.pixels(3)); // kept
  });

  it('shares no image between splits or seeds', () => {
    const other = builtInDataset({ split: 'train', size: 1000, seed: 1 });
    const digests = [train, test, other].flatMap((dataset) =>
      Array.from({ length: 1000 }, (_, index) => digest(dataset.pixels(index))),
    );
    expect(new Set(digests).size).toBe(3000);
  });

  it('holds every class once in each hundred', () => {
    for (const dataset of [train, test]) {
      for (const first of [0, 900]) {
        const labels = Array.from({ length: 100 }, (_, at) => dataset.label(first + at));
        expect(new Set(labels).size).toBe(100);
        expect(labels).not.toEqual([...labels].sort((a, b) => a - b));
      }
    }
    const odd = builtInDataset({ split: 'train', size: 130 });
    expect(odd.label(129)).toBe(train.label(129));
  });

  it('spreads difficulty evenly, unrelated to the class', () => {
    const difficulties = Array.from({ length: 1000 }, (_, index) => train.difficulty(index));
    for (let tenth = 0; tenth < 10; tenth++) {
      const inTenth = difficulties.filter((value) => Math.floor(value * 10) === tenth).length;
      expect(Math.abs(inTenth - 100)).toBeLessThan(50); // deviation 9.5
    }
  });

  it('gives channel means of the first 1,000 training images, to both splits and at any size', () => {
    const counter = new ChannelCounter();
    for (let index = 0; index < 1000; index++) counter.add(train.pixels(index));
    const { means, deviations } = counter.statistics();
    for (const dataset of [train, test, builtInDataset({ split: 'train', size: 7 })]) {
      expect([dataset.channelMeans, dataset.channelDeviations]).toEqual([means, deviations]);
    }
  });

  it('is harder where it says so: the nearest clean image is less often of the same class', () => {
    // contrast of 8 × 8 blocks against the image's mean: a feature that needs no learning
    const blocks = (pixels: Uint8Array): number[] => {
      const sums = new Array<number>(48).fill(0);
      for (let at = 0; at < 3072; at++) {
        const pixel = Math.floor(at / 3);
        sums[(Math.floor(pixel / 256) * 4 + Math.floor((pixel % 32) / 8)) * 3 + (at % 3)]! +=
          pixels[at]! / 64;
      }
      const mean = sums.reduce((a, b) => a + b) / 48;
      return sums.map((sum) => Math.abs(sum - mean));
    };
    const size = 6000;
    const dataset = builtInDataset({ split: 'train', size });
    const colour = (index: number) => dataset.category(index) < 5; // distinguished by hue: visible in the means
    const known: { label: number; features: number[] }[] = [];
    const asked: { index: number; features: number[] }[] = [];
    for (let index = 0; index < size; index++) {
      if (!colour(index)) continue;
      const features = blocks(dataset.pixels(index));
      if (index < 4000 && dataset.difficulty(index) < 0.3)
        known.push({ label: dataset.label(index), features });
      else if (index >= 4000) asked.push({ index, features });
    }
    const right = asked.map(({ index, features }) => {
      let best = { distance: Infinity, label: -1 };
      for (const each of known) {
        const distance = each.features.reduce((sum, value, at) => sum + (value - features[at]!) ** 2, 0);
        if (distance < best.distance) best = { distance, label: each.label };
      }
      return { difficulty: dataset.difficulty(index), right: best.label === dataset.label(index) };
    });
    const share = (low: number, high: number) => {
      const these = right.filter(({ difficulty }) => difficulty >= low && difficulty < high);
      return these.filter((each) => each.right).length / these.length;
    };
    // 0.56, 0.46, 0.26 and 0.09 were found, of about 125 images each: deviations 0.04
    expect(share(0, 0.25)).toBeGreaterThan(0.4);
    expect(share(0.5, 0.75)).toBeLessThan(share(0, 0.25) - 0.15);
    expect(share(0.75, 1)).toBeLessThan(0.25);
  });

  it.each([
    [{ size: 0 }, 'size: expected an integer ≥ 1 (images), got 0'],
    [{ size: Number.NaN }, 'size: expected'],
    [{ seed: 0.5 }, 'seed: expected a safe integer, got 0.5'],
  ])('refuses %o', (options, message) => {
    expect(() => builtInDataset({ split: 'train', ...options })).toThrow(message);
  });

  it.each([-1, 1000, 0.5, Number.NaN])('refuses image %d', (index) => {
    const refused = `index: expected an integer from 0 to 999, got ${index}`;
    expect(() => train.pixels(index)).toThrow(refused);
    expect(() => train.label(index)).toThrow(refused);
    expect(() => train.category(index)).toThrow(refused);
    expect(() => train.difficulty(index)).toThrow(refused);
  });
});
