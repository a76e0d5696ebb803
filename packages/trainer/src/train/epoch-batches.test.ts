import { type Batch, trainingBatches } from '@dmnn/data';
import { expect, it } from 'vitest';
import { tinyDataset } from '@dmnn/test-kit';
import { EpochBatches, type EpochPlace } from './epoch-batches.js';

const dataset = tinyDataset('train', 16);
const options = { batchSize: 4, seed: 3, augment: 'pad-crop-flip' } as const;
const open = ({ epoch, stepInEpoch: startStep }: EpochPlace): AsyncIterable<Batch> =>
  trainingBatches(dataset, { ...options, epoch, startStep });

async function all(batches: AsyncIterable<Batch>): Promise<Batch[]> {
  const list: Batch[] = [];
  for await (const batch of batches) list.push(batch);
  return list;
}

/** Opens four batches, and reports which steps were asked for. */
function observed(make: (step: number) => Promise<Batch>): {
  open: (place: EpochPlace) => AsyncIterable<Batch>;
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
  return { open: ({ stepInEpoch }) => batches(stepInEpoch), steps, left: () => isLeft };
}

it('gives the same batches whether they were started or not', async () => {
  for (const place of [
    { epoch: 0, stepInEpoch: 0 },
    { epoch: 2, stepInEpoch: 3 },
    { epoch: 1, stepInEpoch: 4 },
  ]) {
    const started = new EpochBatches(open);
    started.start(place);
    const expected = await all(new EpochBatches(open).from(place));
    expect(expected).toHaveLength(4 - place.stepInEpoch);
    expect(await all(started.from(place))).toEqual(expected);
    expect(await all(started.from(place))).toEqual(expected); // the second time anew
  }
});

it('makes the first batch before it is asked for, and no other place’s', async () => {
  const { open, steps, left } = observed((step) => Promise.resolve({ step } as Batch));
  const batches = new EpochBatches(open);
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
    const { open, left } = observed((step) => Promise.resolve({ step } as Batch));
    const batches = new EpochBatches(open);
    batches.start({ epoch: 0, stepInEpoch: 0 });
    await leave(batches);
    await new Promise((resolve) => setImmediate(resolve));
    expect(left()).toBe(true);
  }
});

it('hands an error of the first batch to who takes it, and to nobody else', async () => {
  const { open } = observed(() => Promise.reject(new Error('unreadable')));
  const batches = new EpochBatches(open);
  batches.start({ epoch: 0, stepInEpoch: 0 });
  await new Promise((resolve) => setImmediate(resolve)); // an unhandled rejection would fail the test
  await expect(all(batches.from({ epoch: 0, stepInEpoch: 0 }))).rejects.toThrow('unreadable');
});

it('is closed whatever the source says to that', async () => {
  let asked = 0;
  const source: AsyncIterable<Batch> = {
    [Symbol.asyncIterator]: () => ({
      next: () => Promise.resolve({ done: false, value: { step: 0 } as Batch }),
      return: () => {
        asked += 1;
        return Promise.reject(new Error('threads that do not end'));
      },
    }),
  };
  const batches = new EpochBatches(() => source);
  batches.start({ epoch: 0, stepInEpoch: 0 });
  batches.close();
  await new Promise((resolve) => setImmediate(resolve)); // an unhandled rejection would fail the test
  expect(asked).toBe(1);
});
