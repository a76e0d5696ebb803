import type { Batch, ImageFileDataset } from '@dmnn/data';
import { expect, it } from 'vitest';
import { tinyDataset } from '@dmnn/test-kit';
import { EpochBatches } from './epoch-batches.js';

const recipe = { batchSize: 4, seed: 3, augmentation: 'pad-crop-flip' } as const;

async function all(batches: AsyncIterable<Batch>): Promise<Batch[]> {
  const list: Batch[] = [];
  for await (const batch of batches) list.push(batch);
  return list;
}

/** A data set that tells what is asked of it. */
function observed(make: (step: number) => Promise<Batch>): {
  dataset: ImageFileDataset;
  steps: number[];
  left: () => boolean;
} {
  const steps: number[] = [];
  let isLeft = false;
  async function* batches(startStep: number): AsyncGenerator<Batch> {
    try {
      for (let step = startStep; step < 4; step++) {
        steps.push(step);
        yield await make(step);
      }
    } finally {
      isLeft = true;
    }
  }
  const dataset = {
    ...tinyDataset('train', 16),
    files: {},
    trainingBatches: ({ startStep = 0 }: { startStep?: number }) => batches(startStep),
  } as unknown as ImageFileDataset;
  return { dataset, steps, left: () => isLeft };
}

it('gives the same batches whether they were started or not', async () => {
  const dataset = tinyDataset('train', 16);
  for (const place of [
    { epoch: 0, stepInEpoch: 0 },
    { epoch: 2, stepInEpoch: 3 },
    { epoch: 1, stepInEpoch: 4 },
  ]) {
    const started = new EpochBatches(dataset, recipe);
    started.start(place);
    const expected = await all(new EpochBatches(dataset, recipe).from(place));
    expect(expected).toHaveLength(4 - place.stepInEpoch);
    expect(await all(started.from(place))).toEqual(expected);
    expect(await all(started.from(place))).toEqual(expected); // the second time anew
  }
});

it('makes the first batch before it is asked for, and no other place’s', async () => {
  const { dataset, steps, left } = observed((step) => Promise.resolve({ step } as Batch));
  const batches = new EpochBatches(dataset, recipe);
  batches.start({ epoch: 0, stepInEpoch: 1 });
  expect(steps).toEqual([1]);
  expect((await all(batches.from({ epoch: 0, stepInEpoch: 0 }))).map(({ step }) => step)).toEqual([
    0, 1, 2, 3,
  ]);
  expect((await all(batches.from({ epoch: 0, stepInEpoch: 1 }))).map(({ step }) => step)).toEqual([1, 2, 3]);
  expect(left()).toBe(true);
});

it('stops the source when what was started is left or closed', async () => {
  for (const leave of [
    (batches: EpochBatches) => {
      batches.close();
      return Promise.resolve();
    },
    async (batches: EpochBatches) => {
      for await (const batch of batches.from({ epoch: 0, stepInEpoch: 0 })) if (batch.step === 1) break;
    },
  ]) {
    const { dataset, left } = observed((step) => Promise.resolve({ step } as Batch));
    const batches = new EpochBatches(dataset, recipe);
    batches.start({ epoch: 0, stepInEpoch: 0 });
    await leave(batches);
    await new Promise((resolve) => setImmediate(resolve));
    expect(left()).toBe(true);
  }
});

it('hands an error of the first batch to who takes it, and to nobody else', async () => {
  const { dataset } = observed(() => Promise.reject(new Error('unreadable')));
  const batches = new EpochBatches(dataset, recipe);
  batches.start({ epoch: 0, stepInEpoch: 0 });
  await new Promise((resolve) => setImmediate(resolve)); // an unhandled rejection would fail the test
  await expect(all(batches.from({ epoch: 0, stepInEpoch: 0 }))).rejects.toThrow('unreadable');
});
