import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Batch } from './batch.js';
import type { TrainingBatchesOptions } from './batches-options.js';
import { stepsPerEpoch } from './draw-batches.js';
import { epochOrder } from './epoch-order.js';
import { gradientDataset } from '../fixtures/gradient-dataset.js';
import { samplePixels } from '../decoding/sample-image.js';
import { trainingBatches } from './training-batches.js';
import { trainingView } from '../decoding/training-view.js';

async function collect(batches: AsyncIterable<Batch>): Promise<Batch[]> {
  const all = [];
  for await (const batch of batches) all.push(batch);
  return all;
}

/** What every image became, by index. */
function byKey(
  batches: readonly Batch[],
): Map<number, { pixels: number[]; label: number; category: number }> {
  const found = new Map<number, { pixels: number[]; label: number; category: number }>();
  for (const { images, sampleKeys, labels, categories } of batches) {
    const each = images.length / sampleKeys.length;
    for (const [row, key] of sampleKeys.entries()) {
      const pixels = [...images.subarray(row * each, (row + 1) * each)];
      found.set(key, { pixels, label: labels[row]!, category: categories[row]! });
    }
  }
  return found;
}

const usual: TrainingBatchesOptions = { batchSize: 8, seed: 1, epoch: 0, augment: 'pad-crop-flip' };

describe('trainingBatches', () => {
  it('augments an image alike in batches of any size', async () => {
    const dataset = gradientDataset(40);
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 40 }),
        fc.maxSafeInteger(),
        fc.nat(1000),
        async (one, other, seed, epoch) => {
          const at = (batchSize: number) =>
            collect(trainingBatches(dataset, { ...usual, batchSize, seed, epoch, dropLast: false }));
          const [a, b] = [byKey(await at(one)), byKey(await at(other))];
          expect(a.size).toBe(40);
          expect(a).toEqual(b);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('goes on at any step as if it had never stopped', async () => {
    const dataset = gradientDataset(50);
    const whole = await collect(trainingBatches(dataset, usual));
    for (let startStep = 0; startStep <= whole.length; startStep++) {
      expect(await collect(trainingBatches(dataset, { ...usual, startStep }))).toEqual(
        whole.slice(startStep),
      );
    }
  });

  it('visits images in the order of the epoch, and leaves the rest out unless asked', async () => {
    const order = [...epochOrder(50, { seed: 1, epoch: 3 })];
    const dropped = await collect(trainingBatches(gradientDataset(50), { ...usual, epoch: 3 }));
    expect(dropped.flatMap(({ sampleKeys }) => sampleKeys)).toEqual(order.slice(0, 48));
    expect(dropped.map(({ step, epoch }) => [step, epoch])).toEqual(
      [0, 1, 2, 3, 4, 5].map((step) => [step, 3]),
    );
    const all = await collect(trainingBatches(gradientDataset(50), { ...usual, epoch: 3, dropLast: false }));
    expect(all.flatMap(({ sampleKeys }) => sampleKeys)).toEqual(order);
    expect(all.at(-1)!.shape).toEqual([2, 4, 4, 3]);
  });

  it('normalises and labels; none leaves images whole', async () => {
    const dataset = gradientDataset(20);
    const images = byKey(
      await collect(trainingBatches(dataset, { ...usual, batchSize: 20, augment: 'none' })),
    );
    const { pixels, label, category } = images.get(13)!;
    expect([label, category]).toEqual([3, 1]);
    // image 13 starts with bytes 91, 92, 93
    expect(pixels[0]).toBeCloseTo((91 / 255 - 0.5) / 0.2, 6);
    expect(pixels[1]).toBeCloseTo((92 / 255 - 0.4) / 0.25, 6);
    expect(pixels[2]).toBeCloseTo((93 / 255 - 0.3) / 0.5, 6);
  });

  it('crops small images at random sizes, as image files are', async () => {
    const options = { ...usual, augment: 'random-resized-crop', batchSize: 20 } as const;
    const dataset = gradientDataset(20);
    const images = byKey(await collect(trainingBatches(dataset, options)));
    const view = trainingView({ seed: usual.seed, epoch: usual.epoch, sampleKey: 13 }, { sizePx: 4 });
    const size = { widthPx: 4, heightPx: 4 };
    const { values } = samplePixels({ bytes: dataset.pixels(13), ...size }, view);
    const expected = Array.from(
      values as Uint8Array,
      (byte, i) => (byte / 255 - [0.5, 0.4, 0.3][i % 3]!) / [0.2, 0.25, 0.5][i % 3]!,
    );
    for (const [i, value] of images.get(13)!.pixels.entries()) expect(value).toBeCloseTo(expected[i]!, 5);
  });

  it('augments otherwise in every epoch and under every seed', async () => {
    const images = async (changes: Partial<TrainingBatchesOptions>) =>
      byKey(await collect(trainingBatches(gradientDataset(40), { ...usual, ...changes })));
    const first = await images({});
    expect(await images({})).toEqual(first);
    expect(await images({ epoch: 1 })).not.toEqual(first);
    expect(await images({ seed: 2 })).not.toEqual(first);
  });

  it.each([0, 1, 7])('gives the same with %i batches ahead', async (ahead) => {
    const dataset = gradientDataset(64);
    expect(await collect(trainingBatches(dataset, { ...usual, prefetch: ahead }))).toEqual(
      await collect(trainingBatches(dataset, usual)),
    );
  });

  it('can be walked twice', async () => {
    const batches = trainingBatches(gradientDataset(20), usual);
    expect(await collect(batches)).toEqual(await collect(batches));
  });

  it.each([
    [
      { pixels: () => new Uint8Array(5) },
      /image \d+ of gradient \(train\): expected 48 bytes \(4 × 4 × 3\), got 5/,
    ],
    [
      { label: () => 10 },
      /label of image \d+ of gradient \(train\): expected an integer from 0 to 9, got 10/,
    ],
    [{ label: () => Number.NaN }, /label of image .* got NaN/],
    [{ category: () => -1 }, /category of image .* from 0 to 4, got -1/],
  ])('passes on what is wrong with a data set: %o', async (changes, message) => {
    await expect(collect(trainingBatches(gradientDataset(20, changes), usual))).rejects.toThrow(message);
  });

  it.each<[Partial<Record<keyof TrainingBatchesOptions, unknown>>, string]>([
    [{ batchSize: 0 }, 'batchSize: expected an integer ≥ 1 (images), got 0'],
    [{ batchSize: Number.NaN }, 'batchSize: expected an integer ≥ 1 (images), got NaN'],
    [{ batchSize: 21 }, "batchSize: expected at most the data set's 20 images, got 21"],
    [{ startStep: 3 }, 'startStep: expected an integer from 0 to 2 (batches of the epoch), got 3'],
    [{ startStep: -1 }, 'startStep: expected'],
    [{ prefetch: -1 }, 'prefetch: expected an integer ≥ 0 (batches), got -1'],
    [
      { augment: 'rotate' },
      `augment: expected 'pad-crop-flip', 'random-resized-crop' or 'none', got "rotate"`,
    ],
    [{ augment: 'toString' }, 'augment: expected'],
    [{ seed: 0.1 }, 'seed: expected a safe integer, got 0.1'],
    [{ epoch: -1 }, 'epoch: expected an integer ≥ 0, got -1'],
  ])('refuses %o at the call', (changes, message) => {
    const options = { ...usual, ...changes } as TrainingBatchesOptions;
    expect(() => trainingBatches(gradientDataset(20), options)).toThrow(message);
    expect(() => trainingBatches(gradientDataset(20), options)).toThrow(RangeError);
  });
});

describe('stepsPerEpoch', () => {
  it('counts whole batches, or all', () => {
    expect(stepsPerEpoch(50_000, { batchSize: 128 })).toBe(390);
    expect(stepsPerEpoch(50_000, { batchSize: 128, dropLast: false })).toBe(391);
    expect(stepsPerEpoch(256, { batchSize: 128, dropLast: false })).toBe(2);
  });
});
