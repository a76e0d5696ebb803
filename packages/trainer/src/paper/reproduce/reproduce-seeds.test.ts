import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inTemporaryFolder } from '@dmnn/test-kit';
import { tinyDynamicRows } from '../../fixtures/tiny-rows.js';
import type { TrainEvent } from '../../train/train-events.js';
import { reproduceSeeds } from './reproduce-seeds.js';

describe('reproduceSeeds', () => {
  const rowId = 'table1/10-dmnn50-n2-t0.5';
  const settings = { ...tinyDynamicRows, scale: 'laptop' } as const;

  it('trains each seed in a folder of its own and gives mean and deviation', async () => {
    await inTemporaryFolder(async (folder) => {
      const { runs, ours, status } = await reproduceSeeds(rowId, { ...settings, folder, seeds: [1, 7] });
      expect(status).toBe('finished');
      expect(runs.map((run) => [run.seed, run.folder])).toEqual([
        [1, join(folder, 'seed-1')],
        [7, join(folder, 'seed-7')],
      ]);
      const [first, second] = runs.map(({ measured }) => measured!.meanMacs) as [number, number];
      expect(ours?.meanMacs.mean).toBeCloseTo((first + second) / 2, 6);
      expect(ours?.meanMacs.deviation).toBeCloseTo(Math.abs(first - second) / Math.SQRT2, 6);
      expect(ours?.executionRate?.mean).toBeGreaterThan(0);
    });
  });

  it('stops at the signal; resumed, it trains what is left and nothing again', async () => {
    await inTemporaryFolder(async (folder) => {
      const options = { ...settings, folder, seeds: [1, 2, 3] };
      const controller = new AbortController();
      const first = await reproduceSeeds(rowId, {
        ...options,
        signal: controller.signal,
        onProgress: (seed, event) => {
          if (seed === 2 && event.kind === 'step') controller.abort();
        },
      });
      expect(first.status).toBe('interrupted');
      expect(first.runs.map(({ training }) => training.status)).toEqual(['finished', 'interrupted']);
      expect(first.ours?.top1ErrorPercent.deviation).toBeNull(); // one seed is done

      await expect(reproduceSeeds(rowId, { ...options, seeds: [4, 2] })).rejects.toMatchObject({
        code: 'DMNN_RUN_EXISTS',
        folder: join(folder, 'seed-2'),
      });

      const steps: number[] = [];
      const onProgress = (seed: number, event: TrainEvent): void => {
        if (event.kind === 'step') steps.push(seed);
      };
      const second = await reproduceSeeds(rowId, { ...options, resume: true, onProgress });
      expect(second.status).toBe('finished');
      expect(steps).toEqual([3]); // the second was stopped before its evaluation
      expect(second.runs[0]?.measured).toEqual(first.runs[0]?.measured);
    });
  });

  it.each([
    [[], 'seeds: expected at least one, got none.'],
    [[3, 3], 'seeds: expected each once, got 3, 3.'],
    [[1, 0.5], 'seeds: expected whole numbers from 0 to 4294967295, got 1, 0.5.'],
  ])('refuses the seeds %j', async (seeds, message) => {
    await expect(reproduceSeeds(rowId, { ...settings, folder: '/nowhere', seeds })).rejects.toThrow(message);
  });
});
