import { builtInDataset } from '@dmnn/data';
import type { Evaluation } from '@dmnn/trainer';
import { describe, expect, it } from 'vitest';
import { categoryRates } from './category-rates.js';
import { classSamples } from './class-samples.js';
import { imageRecords } from './image-records.js';
import { builtInImageFiles } from '../fixtures/built-in-image-files.js';

const dataset = builtInDataset({ split: 'test', size: 300 }); // three of each class
const images = 300;

/** Two blocks of two sub-blocks, a cost and a prediction for each image: an evaluation without a network. */
const gates = Array.from({ length: images }, (_, i) =>
  Uint8Array.from([i % 2, i % 3 === 0 ? 1 : 0, 1, (i * 7) % 5 === 0 ? 1 : 0]),
);
const perImageMacs = gates.map((each, i) => 1000 + 10 * each.reduce((sum, gate) => sum + gate, 0) + (i % 17));
const predictions = Array.from({ length: images }, (_, i) =>
  i % 4 === 0 ? (dataset.label(i) + 1) % 100 : dataset.label(i),
);
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
const evaluation: Evaluation = {
  images,
  skippedImages: [],
  error: { top1ErrorPercent: 25, classificationLoss: 1, predictions },
  cost: { meanMacs: mean(perImageMacs), macsRatio: 0.5, perImageMacs },
  gates: {
    executionRates: [0, 2].map((first) => [0, 1].map((n) => mean(gates.map((each) => each[first + n]!)))),
    executionRate: 0.5,
    perImageGates: gates,
  },
  timing: { msPerImage: 1 },
};

const records = imageRecords(evaluation, dataset);
const subBlocks = [2, 2];

describe('imageRecords', () => {
  it('says what was seen of each image', () => {
    expect(records).toHaveLength(images);
    expect(records[8]).toEqual({
      ...{ index: 8, label: dataset.label(8), category: dataset.category(8), gates: gates[8] },
      ...{ macs: perImageMacs[8], predictedLabel: (dataset.label(8) + 1) % 100 },
    });
  });

  it('leaves damaged images out and takes none for another', () => {
    const left = imageRecords({ ...evaluation, skippedImages: [0, 3] }, builtInImageFiles(302, [0, 3]));
    expect(left.map(({ index }) => index).slice(0, 4)).toEqual([1, 2, 4, 5]);
    expect(left).toHaveLength(300);
    expect(left[2]).toMatchObject({ label: builtInImageFiles(302).label(4), gates: gates[2] });
  });
});

describe('categoryRates', () => {
  const categories = categoryRates(records, subBlocks, dataset);

  it('splits costs, errors and rates with nothing lost', () => {
    expect(categories.map(({ images: own }) => own)).toEqual(Array.from({ length: 20 }, () => 15));
    const over = (value: (category: (typeof categories)[0]) => number): number => mean(categories.map(value));
    expect(over(({ meanMacs }) => meanMacs)).toBeCloseTo(evaluation.cost.meanMacs, 8);
    expect(over(({ topOneErrorPercent }) => topOneErrorPercent)).toBeCloseTo(25, 8);
    for (const [l, block] of evaluation.gates.executionRates.entries())
      for (const [n, rate] of block.entries())
        expect(over(({ executionRates }) => executionRates[l]![n]!)).toBeCloseTo(rate, 10);
  });

  it('counts the images of the category itself', () => {
    const own = Array.from({ length: images }, (_, i) => i).filter((i) => dataset.category(i) === 7);
    expect(categories[7]!.executionRates[1]![1]).toBeCloseTo(mean(own.map((i) => gates[i]![3]!)), 12);
    expect(categories[7]!.meanMacs).toBeCloseTo(mean(own.map((i) => perImageMacs[i]!)), 8);
    expect(categories.map(({ group }) => group)[7]).toBe('distinguished by texture');
  });

  it('leaves out categories without an image, and groups where the data have none', () => {
    const { categoryGroups, ...without } = dataset;
    expect(categoryGroups).toHaveLength(20);
    const ofThird = records.slice(0, 5).map((image) => ({ ...image, category: 3 }));
    const few = categoryRates(ofThird, subBlocks, without);
    expect(few.map(({ images: own, group }) => [own, group])).toEqual([[5, null]]);
  });
});

describe('classSamples', () => {
  it('takes the cheapest and the most expensive images of the requested class', async () => {
    const label = dataset.classNames.indexOf('red disc');
    const own = Array.from({ length: images }, (_, i) => i).filter((i) => dataset.label(i) === label);
    const costs = own.map((i) => perImageMacs[i]!);
    const [samples] = await classSamples(records, dataset, ['red disc']);
    expect(samples).toMatchObject({ className: 'red disc', images: 3 });
    expect(samples!.easiest.map(({ macs }) => macs)).toEqual([Math.min(...costs)]);
    expect(samples!.hardest.map(({ macs }) => macs)).toEqual([Math.max(...costs)]);
    for (const { index, isCorrect, predictedClass } of [...samples!.easiest, ...samples!.hardest]) {
      expect(dataset.label(index)).toBe(label);
      expect(isCorrect).toBe(index % 4 !== 0);
      expect(predictedClass === 'red disc').toBe(isCorrect);
    }
  });

  it('takes the three classes whose images differ most, where none is asked for', async () => {
    const widths = dataset.classNames.map((_, label) => {
      const costs = perImageMacs.filter((__, i) => dataset.label(i) === label);
      return Math.max(...costs) - Math.min(...costs);
    });
    const samples = await classSamples(records, dataset, []);
    const shown = samples.map(({ easiest: [a], hardest: [b] }) => b!.macs - a!.macs);
    expect(shown).toEqual(widths.sort((a, b) => b - a).slice(0, 3));
  });

  it('refuses a class that the data do not have, with the nearest that they have', async () => {
    const wrong = classSamples(records, dataset, ['red disk']);
    await expect(wrong).rejects.toThrow(expect.objectContaining({ code: 'DMNN_UNKNOWN_CLASS' }));
    await expect(wrong).rejects.toThrow(/got 'red disk'.*Did you mean red disc/);
  });
});
