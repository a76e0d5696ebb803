import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluationBatches } from './evaluation-batches.js';
import { gradientDataset } from '../fixtures/gradient-dataset.js';

describe('evaluationBatches', () => {
  it('gives every image once, in order, whole', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 70 }),
        async (size, batchSize) => {
          const dataset = gradientDataset(size);
          const keys: number[] = [];
          let step = 0;
          for await (const batch of evaluationBatches(dataset, { batchSize })) {
            expect([batch.step, batch.epoch]).toEqual([step++, 0]);
            expect(batch.shape).toEqual([batch.sampleKeys.length, 4, 4, 3]);
            for (const [row, key] of batch.sampleKeys.entries()) {
              expect([batch.labels[row], batch.categories[row]]).toEqual([
                dataset.label(key),
                dataset.category(key),
              ]);
              const byte = dataset.pixels(key)[0]!;
              expect(batch.images[row * 48]).toBeCloseTo((byte / 255 - 0.5) / 0.2, 5);
            }
            keys.push(...batch.sampleKeys);
          }
          expect(keys).toEqual(Array.from({ length: size }, (_, index) => index));
        },
      ),
      { numRuns: 50 },
    );
  });

  it('gives the same with none ahead', async () => {
    const sizes = [];
    const batches = evaluationBatches(gradientDataset(10), { batchSize: 4, prefetch: 0 });
    for await (const batch of batches) sizes.push(batch.labels.length);
    expect(sizes).toEqual([4, 4, 2]);
  });

  it.each([
    [{ batchSize: 0 }, 'batchSize'],
    [{ batchSize: 2.5 }, 'batchSize'],
    [{ batchSize: 4, prefetch: 0.5 }, 'prefetch'],
  ])('refuses %o at the call', (options, name) => {
    expect(() => evaluationBatches(gradientDataset(3), options)).toThrow(`${name}: expected an integer`);
  });
});
