import { describe, expect, it } from 'vitest';
import type { Batch } from './batches/batch.js';
import { evaluationBatches } from './batches/evaluation-batches.js';
import { trainingBatches } from './batches/training-batches.js';
import type { Dataset, ImageRows, ImagesRequest } from './dataset.js';
import { gradientDataset } from './fixtures/gradient-dataset.js';
import { holdOut } from './hold-out.js';
import { stratifiedSubset } from './stratified-subset.js';
import { subset } from './subset.js';

const usual = { batchSize: 8, seed: 1, epoch: 3 } as const;

async function collect(batches: AsyncIterable<Batch>): Promise<Batch[]> {
  const all = [];
  for await (const batch of batches) all.push(batch);
  return all;
}

/** The images of another data set, each a moment later. */
function later(dataset: Dataset): Dataset {
  return { ...dataset, pixels: async (index) => Promise.resolve(dataset.pixels(index)) };
}

describe('a data set that answers later', () => {
  const dataset = gradientDataset(50);

  it.each(['pad-crop-flip', 'random-resized-crop', 'none'] as const)(
    'gives the batches of one that answers at once: %s',
    async (augment) => {
      for (const prefetch of [0, 2]) {
        const options = { ...usual, augment, prefetch };
        expect(await collect(trainingBatches(later(dataset), options))).toEqual(
          await collect(trainingBatches(dataset, options)),
        );
      }
    },
  );

  it('gives them in evaluation and of parts of it', async () => {
    const pairs = [later(dataset), dataset].map((whole) => [
      whole,
      subset(whole, [49, 3, 3]),
      stratifiedSubset(whole, 20),
      holdOut(whole, 7).test,
    ]);
    for (const [at, part] of pairs[0]!.entries()) {
      expect(await collect(evaluationBatches(part, { batchSize: 6 }))).toEqual(
        await collect(evaluationBatches(pairs[1]![at]!, { batchSize: 6 })),
      );
    }
  });

  it('is asked for all images of a batch before the first has come', async () => {
    const asked: number[] = [];
    const answers: (() => void)[] = [];
    const slow: Dataset = {
      ...dataset,
      pixels: (index) => {
        asked.push(index);
        return new Promise((resolve) =>
          answers.push(() => {
            resolve(dataset.pixels(index));
          }),
        );
      },
    };
    const batches = evaluationBatches(slow, { batchSize: 4, prefetch: 0 })[Symbol.asyncIterator]();
    const first = batches.next();
    expect(asked).toEqual([0, 1, 2, 3]);
    for (const answer of answers.reverse()) answer(); // the last image comes first
    const { value } = (await first) as { value: Batch };
    expect([...value.images]).toEqual([
      ...(await collect(evaluationBatches(dataset, { batchSize: 4 })))[0]!.images,
    ]);
    expect(asked).toEqual([0, 1, 2, 3]);
  });

  it('passes on its errors, and what is wrong with its images', async () => {
    const broken = { ...dataset, pixels: (index: number) => Promise.reject(new Error(`no image ${index}`)) };
    await expect(collect(evaluationBatches(broken, { batchSize: 4 }))).rejects.toThrow('no image 0');
    const short = { ...dataset, pixels: () => Promise.resolve(new Uint8Array(5)) };
    await expect(collect(evaluationBatches(short, { batchSize: 4 }))).rejects.toThrow(
      'image 0 of gradient (train): expected 48 bytes (4 × 4 × 3), got 5',
    );
  });
});

/** Makes its batches itself: pixel values are the sample key, of a class whose methods need `this`. */
class Keyed implements Dataset {
  readonly name = 'keyed';
  readonly split = 'train';
  readonly size = 10;
  readonly imageSizePx = 1;
  readonly channels = 3;
  readonly classes = 10;
  readonly categories = 1;
  readonly classNames = Array.from({ length: 10 }, (_, label) => `${label}`);
  readonly categoryNames = ['all'];
  readonly channelMeans = [0, 0, 0];
  readonly channelDeviations = [1, 1, 1];
  readonly augmentations = ['none'] as const;
  readonly requests: ImagesRequest[] = [];

  label(index: number): number {
    return index % this.size;
  }
  category(): number {
    return 0;
  }
  pixels(index: number): Uint8Array {
    return Uint8Array.of(index, index, this.size);
  }
  file(index: number): string {
    return `${this.name}/${index}`;
  }
  images(request: ImagesRequest): Promise<ImageRows> {
    this.requests.push(request);
    const images = Float32Array.from(
      request.indices.flatMap((index, row) => [index, request.sampleKeys[row]!, 0]),
    );
    return Promise.resolve({ images, damaged: [] });
  }
}

describe('a data set that makes its batches itself', () => {
  it('is asked by index, view and statistics', async () => {
    const dataset = new Keyed();
    const [batch] = await collect(trainingBatches(dataset, { ...usual, batchSize: 10, augment: 'none' }));
    expect([...batch!.images]).toEqual(batch!.sampleKeys.flatMap((key) => [key, key, 0]));
    expect([...batch!.labels]).toEqual(batch!.sampleKeys);
    expect(dataset.requests).toEqual([
      {
        indices: batch!.sampleKeys,
        sampleKeys: batch!.sampleKeys,
        view: { kind: 'training', augment: 'none', seed: 1, epoch: 3 },
        normalisation: { channelMeans: [0, 0, 0], channelDeviations: [1, 1, 1] },
      },
    ]);
    const [seen] = await collect(evaluationBatches(dataset, { batchSize: 10 }));
    expect(seen!.sampleKeys).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(dataset.requests[1]!.view).toEqual({ kind: 'evaluation' });
  });

  it('augments the images of a part by their index there', async () => {
    const part = subset(new Keyed(), [7, 7, 2]);
    const [batch] = await collect(evaluationBatches(part, { batchSize: 3 }));
    expect([...batch!.images]).toEqual([7, 0, 0, 7, 1, 0, 2, 2, 0]);
    expect([...batch!.labels]).toEqual([7, 7, 2]);
    expect([part.file!(2), part.pixels(2), part.augmentations]).toEqual([
      'keyed/2',
      Uint8Array.of(2, 2, 10),
      ['none'],
    ]);
  });

  it('refuses at the call an augmentation that it has not', () => {
    expect(() => trainingBatches(new Keyed(), { ...usual, augment: 'pad-crop-flip' })).toThrow(
      /augment: expected 'none' for keyed, got "pad-crop-flip"/,
    );
  });

  it('passes on a number of values that is wrong', async () => {
    const dataset = new Keyed();
    dataset.images = () => Promise.resolve({ images: new Float32Array(5), damaged: [] });
    await expect(collect(evaluationBatches(dataset, { batchSize: 10 }))).rejects.toThrow(
      'images of keyed (train): expected 30 values (10 × 1 × 1 × 3), got 5',
    );
  });
});
